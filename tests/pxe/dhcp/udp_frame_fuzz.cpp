// Any frame: taken apart, put together, taken apart again; and what a search for rivals makes of it.
#include <cstdlib>

#include "pxe/dhcp/rival_search.hpp"
#include "pxe/dhcp/udp_frame.hpp"

using namespace colony;
using namespace colony::pxe::dhcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView bytes(data, size);
  const RivalSearch search(core::MacAddress({2, 0, 0, 0, 0, 5}), core::Ipv4Address(0x0a4e0905), Xid{0xc01d});
  (void)search.on_frame(bytes);
  const auto frame = decode_udp_frame(bytes);
  if (!frame || frame->payload.size() > 1472) return 0;
  const auto whole = encode_broadcast_frame(*frame);
  const auto again = decode_udp_frame(whole);
  if (!again || again->source != frame->source || again->destination_port != frame->destination_port ||
      !std::equal(again->payload.begin(), again->payload.end(), frame->payload.begin(),
                  frame->payload.end())) {
    std::abort();
  }
  return 0;
}
