// Any frame that passes for IPv6; what is accepted is answered with a frame of fixed size to its sender.
#include <algorithm>
#include <cstdlib>

#include "pxe/ra/neighbor_discovery.hpp"

using namespace colony;
using namespace colony::pxe::ra;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto solicitation = decode_solicitation({data, size});
  if (!solicitation) {
    if (name(solicitation.error()) == "?") std::abort();
    return 0;
  }
  if (solicitation->mac.is_group()) std::abort();
  const auto answer = encode_advertisement(core::MacAddress({2, 0, 0, 0, 0, 5}), *solicitation);
  if (answer.size() != 78 || !std::equal(answer.begin(), answer.begin() + 6, data + 6)) std::abort();
  return 0;
}
