#include "core/net/netlink_messages.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "core/bytes.hpp"

using namespace colony::core;

namespace {

// As the kernel of a small-endian machine sends them; lengths and types are in host order.
const Bytes link_message = *parse_hex(
    "38000000"
    "1000"
    "0000"
    "00000000"
    "00000000"  // nlmsghdr: 56 bytes, RTM_NEWLINK
    "00000100"
    "02000000"
    "03000100"
    "00000000"  // ifinfomsg: Ethernet, index 2, up and with a carrier
    "09000300"
    "6574683000000000"  // IFLA_IFNAME eth0
    "0a000100"
    "525400aabb01"
    "0000");  // IFLA_ADDRESS
const Bytes address_message = *parse_hex(
    "28000000"
    "1400"
    "0000"
    "00000000"
    "00000000"  // 40 bytes, RTM_NEWADDR
    "02180000"
    "02000000"  // ifaddrmsg: IPv4, /24, index 2
    "08000100"
    "0a010101"  // IFA_ADDRESS, the peer's
    "08000200"
    "0a010105");  // IFA_LOCAL
const Bytes neighbour_message = *parse_hex(
    "28000000"
    "1c00"
    "0000"
    "00000000"
    "00000000"  // 40 bytes, RTM_NEWNEIGH
    "02000000"
    "02000000"
    "02000000"  // ndmsg: IPv4, index 2, reachable
    "0a000200"
    "525400aabb02"
    "0000");  // NDA_LLADDR

struct Decoded {
  std::optional<InterfaceState> link;
  std::optional<InterfaceAddress> address;
  std::optional<Neighbour> neighbour;
};

int on_message(const nlmsghdr* message, void* context) {
  *static_cast<Decoded*>(context) = {decode_link(*message), decode_address(*message),
                                     decode_neighbour(*message)};
  return MNL_CB_OK;
}

Decoded decode(Bytes bytes) {
  Decoded decoded;
  (void)mnl_cb_run(bytes.data(), bytes.size(), 0, 0, on_message, &decoded);
  return decoded;
}

/// The message cut to `size` bytes, with a length that says so.
Bytes cut(const Bytes& whole, std::size_t size) {
  Bytes bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  if (!bytes.empty()) bytes[0] = static_cast<Byte>(size);
  return bytes;
}

}  // namespace

TEST(NetlinkMessages, ALinkTellsNameMacAndState) {
  const auto link = decode(link_message).link;
  ASSERT_TRUE(link);
  EXPECT_EQ(link->name, "eth0");
  EXPECT_EQ(link->index, 2U);
  EXPECT_EQ(link->mac.to_string(), "52:54:00:aa:bb:01");
  EXPECT_TRUE(link->up);
  EXPECT_TRUE(link->carrier);
  EXPECT_TRUE(link->arp);
}

TEST(NetlinkMessages, AnAddressIsTheInterfacesOwnNotThePeers) {
  const auto address = decode(address_message).address;
  ASSERT_TRUE(address);
  EXPECT_EQ(address->network.to_string(), "10.1.1.5/24");
  EXPECT_EQ(address->interface_index, 2U);
}

TEST(NetlinkMessages, ANeighbourTellsItsMacAndWhetherItIsThere) {
  EXPECT_EQ(decode(neighbour_message).neighbour, (Neighbour{*MacAddress::parse("52:54:00:aa:bb:02"), true}));
  auto bytes = neighbour_message;
  bytes[24] = 4;  // NUD_STALE
  EXPECT_EQ(decode(bytes).neighbour, (Neighbour{*MacAddress::parse("52:54:00:aa:bb:02"), false}));
}

TEST(NetlinkMessages, EachDecoderTakesOnlyItsOwnMessages) {
  EXPECT_FALSE(decode(link_message).address || decode(link_message).neighbour);
  EXPECT_FALSE(decode(address_message).link || decode(address_message).neighbour);
  EXPECT_FALSE(decode(neighbour_message).link || decode(neighbour_message).address);
}

TEST(NetlinkMessages, EveryPrefixDecodesToNothingOrToLess) {
  for (std::size_t size = 0; size < address_message.size(); ++size) {
    EXPECT_FALSE(decode(cut(address_message, size)).address) << size;
  }
  for (std::size_t size = 0; size < neighbour_message.size() - 2; ++size) {  // the last two are padding
    EXPECT_FALSE(decode(cut(neighbour_message, size)).neighbour) << size;
  }
  for (std::size_t size = 0; size < 32; ++size) EXPECT_FALSE(decode(cut(link_message, size)).link) << size;
  const auto nameless = decode(cut(link_message, 36)).link;
  ASSERT_TRUE(nameless);
  EXPECT_EQ(nameless->name, "");
}

TEST(NetlinkMessages, ImpossiblePrefixLengthsAndOtherFamiliesAreRefused) {
  auto bytes = address_message;
  bytes[17] = 33;
  EXPECT_FALSE(decode(bytes).address);
  bytes = address_message;
  bytes[16] = 10;  // AF_INET6
  EXPECT_FALSE(decode(bytes).address);
}
