#include "daemon/guard/connection_attempt.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::daemon::guard;

namespace {

// 10.77.0.9:40000 to 10.77.0.5:8080, SYN, as a Linux kernel sends it (tcpdump -xx).
const Bytes syn = *parse_hex(
    "02000000000502000000009908004500003c1c4640004006a2ff0a4d00090a4d0005"
    "9c401f90a1b2c3d400000000a002faf0fe3000000204"
    "05b40402080a000000000000000001030307");

}  // namespace

TEST(ConnectionAttempt, IsReadFromTheseBytes) {
  const auto attempt = read_connection_attempt(syn);
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->source.to_string(), "10.77.0.9");
  EXPECT_EQ(attempt->source_port, 40000);
  EXPECT_EQ(attempt->destination.to_string(), "10.77.0.5");
  EXPECT_EQ(attempt->destination_port, 8080);
  EXPECT_EQ(attempt->sequence, 0xa1b2c3d4U);
}

TEST(ConnectionAttempt, EveryPrefixWithoutItsFlagsFails) {
  constexpr std::size_t up_to_flags = 14 + 20 + 14;
  for (std::size_t size = 0; size < up_to_flags; ++size) {
    EXPECT_FALSE(read_connection_attempt(ByteView(syn).first(size))) << size;
  }
}

TEST(ConnectionAttempt, IsNothingElse) {
  const auto changed = [](std::size_t at, Byte value) {
    Bytes bytes = syn;
    bytes[at] = value;
    return read_connection_attempt(bytes).has_value();
  };
  EXPECT_FALSE(changed(12, 0x86));  // ether type
  EXPECT_FALSE(changed(14, 0x65));  // version 6
  EXPECT_FALSE(changed(14, 0x44));  // a header of 16 bytes
  EXPECT_FALSE(changed(20, 0x20));  // more fragments
  EXPECT_FALSE(changed(23, 17));    // UDP
  EXPECT_FALSE(changed(47, 0x12));  // SYN and ACK: the other side's
  EXPECT_FALSE(changed(47, 0x10));
  EXPECT_FALSE(changed(47, 0x06));  // SYN and RST
}
