// Any bytes as one message of the kernel's. Its own length is put right: libmnl, which walks a datagram from
// message to message, trusts the kernel with it, and so do we.
#include <cstdlib>
#include <cstring>

#include <linux/netlink.h>

#include "core/bytes.hpp"
#include "core/net/netlink_messages.hpp"

using namespace colony::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < sizeof(nlmsghdr)) return 0;
  // In memory of its own and just as long, so that a read past the end is seen; operator new aligns it.
  Bytes bytes(data, data + size);
  const auto length = static_cast<std::uint32_t>(size);
  std::memcpy(bytes.data(), &length, sizeof length);
  const auto& message = *reinterpret_cast<const nlmsghdr*>(bytes.data());
  if (const auto state = decode_link(message); state && state->name.size() > size) std::abort();
  if (const auto address = decode_address(message); address && address->network.prefix_length > 32) {
    std::abort();
  }
  (void)decode_neighbour(message);
  return 0;
}
