// Any text: each decoder accepts it or names a fault; what is accepted survives a round trip unchanged.
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "drivers/scout/messages.hpp"

namespace {

using namespace colony;

template <class Message>
void check(const core::Json& json, core::Result<Message> (*decode)(const core::Json&)) {
  const auto message = decode(json);
  if (!message) {
    if (message.error().message.empty()) std::abort();
    return;
  }
  const auto encoded = drivers::scout::to_json(*message);
  const auto again = decode(encoded);
  if (!again || drivers::scout::to_json(*again) != encoded) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = core::parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  namespace scout = drivers::scout;
  check<scout::Hello>(*json, scout::decode_hello);
  check<scout::Inventory>(*json, scout::decode_inventory);
  check<scout::Disk>(*json, scout::decode_disk);
  check<scout::Order>(*json, scout::decode_order);
  check<scout::Redemption>(*json, scout::decode_redemption);
  check<scout::Progress>(*json, scout::decode_progress);
  check<scout::WipeResult>(*json, scout::decode_wipe_result);
  return 0;
}
