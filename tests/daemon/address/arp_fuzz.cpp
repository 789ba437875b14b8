#include <cstdlib>

#include "daemon/address/arp.hpp"

using namespace colony::daemon;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto packet = decode_arp_frame({data, size});
  if (!packet) return 0;
  const auto again = decode_arp_frame(encode_arp_frame(*packet));
  if (!again || *again != *packet) std::abort();
  (void)arp_probe(packet->sender_mac, packet->target_ip);
  (void)arp_announcement(packet->sender_mac, packet->target_ip);
  return 0;
}
