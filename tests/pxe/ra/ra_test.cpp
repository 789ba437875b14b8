#include <gtest/gtest.h>

#include "pxe/ra/neighbor_discovery.hpp"
#include "pxe/ra/ra_responder.hpp"

using namespace colony::core;
using namespace colony::pxe::ra;
using namespace std::chrono_literals;

namespace {

/// As iPXE (2019) sent it.
const std::string captured =
    "333300000002"
    "525400aa0001"
    "86dd"
    "6000000000103aff"
    "fe80000000000000505400fffeaa0001"
    "ff020000000000000000000000000002"
    "8500d92f00000000"
    "0101525400aa0001";
const MacAddress ipxe = *MacAddress::parse("52:54:00:aa:00:01");
const MacAddress own = *MacAddress::parse("02:00:00:00:00:05");

Bytes frame() {
  return *parse_hex(captured);
}
FrameError error_with(std::size_t at, Byte value) {
  Bytes changed = frame();
  changed[at] = value;
  const auto decoded = decode_solicitation(changed);
  EXPECT_FALSE(decoded) << at;
  return decoded ? FrameError{} : decoded.error();
}

}  // namespace

TEST(RouterAdvertisement, ReadsTheSolicitationOfRealIpxe) {
  const auto solicitation = decode_solicitation(frame());
  ASSERT_TRUE(solicitation);
  EXPECT_EQ(solicitation->mac, ipxe);
  EXPECT_EQ(solicitation->address, link_local(ipxe));
}

TEST(RouterAdvertisement, SaysThatThereIsNoRouter) {
  const Bytes out = encode_advertisement(own, RouterSolicitation{ipxe, link_local(ipxe)});
  EXPECT_EQ(hex(out),
            "525400aa0001"
            "020000000005"
            "86dd"
            "6000000000183aff"
            "fe80000000000000000000fffe000005"
            "fe80000000000000505400fffeaa0001"
            "86002aa1"
            "00000000"
            "00000000"
            "00000000"
            "0101020000000005");
}

TEST(RouterAdvertisement, AnswersAnAskerWithoutAddressByItsMac) {
  const Bytes out = encode_advertisement(own, RouterSolicitation{ipxe, {}});
  EXPECT_EQ(hex(ByteView(out).first(6)), "525400aa0001");
  EXPECT_EQ(hex(ByteView(out).subspan(38, 16)), "ff020000000000000000000000000001");
}

TEST(RouterAdvertisement, AcceptsAnAskerWithoutAddressAndOption) {
  Bytes unspecified = *parse_hex(
      "333300000002"
      "525400aa0001"
      "86dd"
      "6000000000083aff"
      "00000000000000000000000000000000"
      "ff020000000000000000000000000002"
      "85007bb800000000");
  const auto solicitation = decode_solicitation(unspecified);
  ASSERT_TRUE(solicitation);
  EXPECT_TRUE(solicitation->address.is_unspecified());
}

TEST(RouterAdvertisement, EveryPrefixFailsAndPaddingIsIgnored) {
  Bytes bytes = frame();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_solicitation(ByteView(bytes).first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error(), FrameError::truncated) << size;
  }
  bytes.resize(bytes.size() + 10, 0xee);
  EXPECT_TRUE(decode_solicitation(bytes));
}

TEST(RouterAdvertisement, NamesWhatIsWrong) {
  EXPECT_EQ(error_with(13, 0x00), FrameError::not_ipv6);
  EXPECT_EQ(error_with(14, 0x40), FrameError::not_ipv6);
  EXPECT_EQ(error_with(20, 17), FrameError::not_solicitation);
  EXPECT_EQ(error_with(54, 134), FrameError::not_solicitation);
  EXPECT_EQ(error_with(21, 254), FrameError::forwarded);
  EXPECT_EQ(error_with(6, 0x33), FrameError::bad_source);
  EXPECT_EQ(error_with(22, 0x20), FrameError::bad_source);
  EXPECT_EQ(error_with(69, 0x02), FrameError::bad_checksum);
  Bytes empty_option = frame();
  empty_option[63] = 0;  // the option's length; the checksum made right again
  empty_option[57] += 1;
  EXPECT_EQ(decode_solicitation(empty_option).error(), FrameError::bad_option);
}

TEST(RaResponder, AnswersOnlyMachinesThatBootThroughUs) {
  std::vector<MacAddress> asked;
  bool ours = true;
  RaResponder responder(own, [&](MacAddress mac) {
    asked.push_back(mac);
    return ours;
  });
  EXPECT_TRUE(responder.on_frame(frame(), BootTime{}));
  EXPECT_EQ(asked, std::vector<MacAddress>{ipxe});
  ours = false;
  EXPECT_FALSE(responder.on_frame(frame(), BootTime{} + 1s));
  EXPECT_FALSE(responder.on_frame(Bytes(5, 0), BootTime{} + 2s));
  EXPECT_EQ(responder.counters().answered, 1U);
  EXPECT_EQ(responder.counters().not_ours, 1U);
  EXPECT_EQ(responder.counters().malformed, 1U);
}

TEST(RaResponder, DoesNotAnswerAFlood) {
  RaResponder responder(own, [](MacAddress) { return true; });
  for (int i = 0; i < 1000; ++i) (void)responder.on_frame(frame(), BootTime{} + i * 1ms);
  EXPECT_EQ(responder.counters().answered, 10U);
}
