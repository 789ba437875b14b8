#include "core/net/port_owner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/net/privileged.hpp"

using namespace colony::core;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

constexpr std::string_view table =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "11791: 0509090A:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000   104        0 3299879 2 "
    "00000000c90ba1a4 0       \n"
    "  123: 00000000:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 17 2 0 0\n";

}  // namespace

TEST(PortOwner, ReadsTheKernelsTable) {
  EXPECT_THAT(parse_proc_udp(table),
              ElementsAre(UdpSocketRow{*Ipv4Address::parse("10.9.9.5"), 69, 104, 3299879},
                          UdpSocketRow{Ipv4Address(), 69, 0, 17}));
}

TEST(PortOwner, OfTheSecondTableOnlyWhatCanBeInTheWay) {
  const auto row = [](std::string_view address) {
    return "1: " + std::string(address) + ":0045 0:0 07 0:0 00:0 0 0 0 9 2 0 0\n";
  };
  EXPECT_THAT(parse_proc_udp(row("00000000000000000000000000000000")),
              ElementsAre(UdpSocketRow{Ipv4Address(), 69, 0, 9}));
  EXPECT_THAT(parse_proc_udp(row("0000000000000000FFFF00000509090A")),
              ElementsAre(UdpSocketRow{*Ipv4Address::parse("10.9.9.5"), 69, 0, 9}));
  EXPECT_THAT(parse_proc_udp(row("00000000000000000000000001000000")), IsEmpty());
}

TEST(PortOwner, EveryPrefixOfTheTableIsHarmless) {
  for (std::size_t size = 0; size < table.size(); ++size) (void)parse_proc_udp(table.substr(0, size));
  EXPECT_THAT(parse_proc_udp("1: zz:0045 0:0 07 0:0 00:0 0 0 0 9"), IsEmpty());
  EXPECT_THAT(parse_proc_udp("1: 00000000:10045 0:0 07 0:0 00:0 0 0 0 9"), IsEmpty());
}

TEST(PortOwner, NamesThisVeryProcess) {
  KernelSockets sockets;
  const auto loopback = *Ipv4Address::parse("127.0.0.1");
  const auto held = sockets.udp({.interface = "", .address = loopback});
  ASSERT_TRUE(held);
  sockaddr_in own{};
  socklen_t size = sizeof own;
  ASSERT_EQ(::getsockname(held->get(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  const std::uint16_t port = ntohs(own.sin_port);
  const auto owner = udp_port_owner(loopback, port);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->process, static_cast<std::uint32_t>(::getpid()));
  EXPECT_THAT(owner->to_string(), HasSubstr("net_test"));
  const auto taken = sockets.udp({.interface = "", .address = loopback, .port = port});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::conflict);
  EXPECT_THAT(taken.error().message, HasSubstr("held by net_test"));
}

TEST(PortOwner, NamesWhoListens) {
  EXPECT_THAT(parse_proc_tcp_listeners("0: 00000000:1F90 00000000:0000 0A 0:0 00:0 0 0 0 9 1 0 100\n"
                                       "1: 00000000:1F90 0100007F:C350 01 0:0 00:0 0 0 0 10 1 0 100\n"),
              ElementsAre(UdpSocketRow{Ipv4Address(), 8080, 0, 9}));
  KernelSockets sockets;
  const auto loopback = *Ipv4Address::parse("127.0.0.1");
  const auto held = sockets.listen({.address = loopback});
  ASSERT_TRUE(held);
  sockaddr_in own{};
  socklen_t size = sizeof own;
  ASSERT_EQ(::getsockname(held->get(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  const auto taken = sockets.listen({.address = loopback, .port = ntohs(own.sin_port)});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "net.bind");
  EXPECT_THAT(taken.error().message, HasSubstr("held by net_test"));
}
