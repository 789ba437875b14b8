#include "daemon/tftpd/source_filter.hpp"

#include <array>
#include <cerrno>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/net/privileged.hpp"

using namespace colony::core;
using namespace colony::daemon;

namespace {

/// Whether a datagram from 127.0.0.1 gets through the filter for `network`.
bool hears_loopback(std::string_view network) {
  KernelSockets sockets;
  const auto loopback = *Ipv4Address::parse("127.0.0.1");
  const auto server = sockets.udp({.interface = "", .address = loopback});
  const auto client = sockets.udp({.interface = "", .address = loopback});
  EXPECT_TRUE(server && client);
  EXPECT_TRUE(attach_source_filter(server->get(), *Ipv4Network::parse(network)));
  sockaddr_in to{};
  socklen_t size = sizeof to;
  EXPECT_EQ(::getsockname(server->get(), reinterpret_cast<sockaddr*>(&to), &size), 0);
  EXPECT_EQ(::sendto(client->get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 1);
  std::array<char, 4> buffer{};
  // Over loopback a datagram is there, or dropped, when sendto returns.
  return ::recv(server->get(), buffer.data(), buffer.size(), MSG_DONTWAIT) == 1;
}

}  // namespace

TEST(SourceFilter, LetsOnlyTheNetworkIn) {
  EXPECT_TRUE(hears_loopback("127.0.0.5/8"));
  EXPECT_TRUE(hears_loopback("127.0.0.1/32"));
  EXPECT_TRUE(hears_loopback("0.0.0.0/0"));
  EXPECT_FALSE(hears_loopback("10.1.1.5/24"));
  EXPECT_FALSE(hears_loopback("127.0.0.128/25"));
}

TEST(SourceFilter, CannotBeTakenOffAgain) {
  KernelSockets sockets;
  const auto socket = sockets.udp({.interface = "", .address = *Ipv4Address::parse("127.0.0.1")});
  ASSERT_TRUE(socket && attach_source_filter(socket->get(), *Ipv4Network::parse("10.1.1.5/24")));
  const int ignored = 0;
  EXPECT_NE(::setsockopt(socket->get(), SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored), 0);
  EXPECT_EQ(errno, EPERM);
}
