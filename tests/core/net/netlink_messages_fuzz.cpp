// Any datagram as the kernel's answer, message by message as mnl_cb_run walks it.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "core/bytes.hpp"
#include "core/net/netlink_messages.hpp"

using namespace colony::core;

namespace {

int on_message(const nlmsghdr* message, void*) {
  if (const auto state = decode_link(*message); state && state->name.size() > 4096) std::abort();
  if (const auto address = decode_address(*message); address && address->network.prefix_length > 32) {
    std::abort();
  }
  (void)decode_neighbour(*message);
  return MNL_CB_OK;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // In memory of its own and just as long, so that a read past the end is seen; operator new aligns it.
  const Bytes datagram(data, data + size);
  (void)mnl_cb_run(datagram.data(), datagram.size(), 0, 0, on_message, nullptr);
  return 0;
}
