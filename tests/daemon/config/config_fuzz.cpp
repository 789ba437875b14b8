// parse_config over any bytes: never throws, always either a value that survives a round trip or faults that
// each fit on one line.

#include <cstdlib>
#include <string_view>

#include "daemon/config/config.hpp"

using namespace colony::daemon;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config(text, "fuzz.yaml");
  if (!config) {
    if (config.error().empty()) std::abort();
    for (const auto& fault : config.error()) {
      if (fault.to_string().find('\n') != std::string::npos) std::abort();
    }
    return 0;
  }
  const auto again = parse_config(emit_config(*config), "emitted.yaml");
  if (!again || *again != *config) std::abort();
  return 0;
}
