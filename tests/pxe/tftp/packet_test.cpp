#include "pxe/tftp/packet.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::pxe::tftp;

namespace {

/// "\1" stands for a NUL, so that requests can be written down.
Bytes request(std::string_view text, std::uint16_t opcode = 1) {
  Bytes out{static_cast<Byte>(opcode >> 8), static_cast<Byte>(opcode)};
  for (const char c : text) out.push_back(c == '\1' ? Byte{0} : static_cast<Byte>(c));
  return out;
}

RequestError error_of(ByteView datagram) {
  const auto parsed = parse_request(datagram);
  EXPECT_FALSE(parsed);
  return parsed ? RequestError{} : parsed.error();
}

}  // namespace

TEST(TftpPacket, ReadsTheRequestsOfRealFirmware) {  // as captured
  const auto edk2 =
      parse_request(request("snponly.efi\1octet\1tsize\1"
                            "0\1blksize\1"
                            "1468\1windowsize\1"
                            "4\1"));
  ASSERT_TRUE(edk2);
  EXPECT_EQ(edk2->file, "snponly.efi");
  EXPECT_EQ(edk2->options, (RequestOptions{1468, std::nullopt, 4, true}));
  const auto ipxe =
      parse_request(request("undionly.kpxe\1octet\1blksize\1"
                            "1432\1tsize\1"
                            "0\1"));
  ASSERT_TRUE(ipxe);
  EXPECT_EQ(ipxe->options, (RequestOptions{1432, std::nullopt, std::nullopt, true}));
}

TEST(TftpPacket, ReadsModeAndOptionNamesInAnyCase) {
  const auto parsed =
      parse_request(request("f\1OcTeT\1BLKSIZE\1"
                            "1024\1Timeout\1"
                            "3\1"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options, (RequestOptions{1024, 3, std::nullopt, false}));
}

TEST(TftpPacket, LeavesOutOptionsThatTheirRfcDoesNotAllow) {
  for (const auto* text : {"f\1octet\1blksize\1"
                           "7\1",
                           "f\1octet\1blksize\1"
                           "65465\1",
                           "f\1octet\1blksize\1-1\1",
                           "f\1octet\1blksize\1"
                           "12x\1",
                           "f\1octet\1blksize\1\1",
                           "f\1octet\1timeout\1"
                           "0\1",
                           "f\1octet\1timeout\1"
                           "256\1",
                           "f\1octet\1windowsize\1"
                           "0\1",
                           "f\1octet\1windowsize\1"
                           "99999999999999999999\1",
                           "f\1octet\1multicast\1\1",
                           "f\1octet\1blksize\1"
                           "1024"}) {
    const auto parsed = parse_request(request(text));
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->options, RequestOptions{}) << text;
  }
}

TEST(TftpPacket, TheFirstOfARepeatedOptionCounts) {
  EXPECT_EQ(parse_request(request("f\1octet\1blksize\1"
                                  "512\1blksize\1"
                                  "1024\1"))
                ->options.block_size,
            512);
}

TEST(TftpPacket, ToleratesPaddingAfterTheRequest) {
  Bytes padded = request(
      "f\1octet\1blksize\1"
      "512\1");
  padded.resize(512, 0);
  const auto parsed = parse_request(padded);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options.block_size, 512);
}

TEST(TftpPacket, StripsWhatFirmwareAddsToTheName) {
  EXPECT_EQ(parse_request(request("/undionly.kpxe\1octet\1"))->file, "undionly.kpxe");
  EXPECT_EQ(parse_request(request("undionly.kpxe\xff\1octet\1"))->file, "undionly.kpxe");
}

TEST(TftpPacket, RefusesNamesThatNoBootFileHas) {
  for (const auto& name :
       std::vector<std::string>{"", "/", "..", "../etc/passwd", "a/../b", "a\\b", "a b", "a\nb",
                                "caf\xc3\xa9", std::string(file_name_limit + 1, 'a')}) {
    EXPECT_EQ(error_of(request(name + "\1octet\1")), RequestError::bad_file_name) << printable(name);
  }
}

TEST(TftpPacket, RefusesWritesAndText) {
  EXPECT_EQ(error_of(request("f\1octet\1", 2)), RequestError::write);
  EXPECT_EQ(error_of(request("f\1netascii\1")), RequestError::not_octet);
  EXPECT_EQ(error_of(request("f\1mail\1")), RequestError::not_octet);
}

TEST(TftpPacket, EveryPrefixOfARequestFailsOrLosesOptionsOnly) {
  const Bytes whole = request(
      "file\1octet\1blksize\1"
      "1024\1");
  const std::size_t required = 2 + 5 + 6;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parse_request(ByteView(whole).first(size));
    if (size < required) {
      EXPECT_EQ(parsed.error(), RequestError::malformed) << size;
    } else {
      EXPECT_EQ(parsed->options, RequestOptions{}) << size;
    }
  }
}

TEST(TftpPacket, ReadsWhatAClientSendsDuringATransfer) {
  const auto ack = parse_peer_packet(*parse_hex("0004ffff"));
  ASSERT_TRUE(ack);
  EXPECT_EQ(std::get<Ack>(*ack).block, BlockNumber{0xffff});
  EXPECT_TRUE(parse_peer_packet(*parse_hex("00040001000000")));  // padded
  const Bytes error = *parse_hex(
      "00050008"
      "6e6f00ff");
  EXPECT_EQ(std::get<PeerError>(*parse_peer_packet(error)).code, ErrorCode::option_refused);
  EXPECT_EQ(std::get<PeerError>(*parse_peer_packet(error)).text, "no");
  EXPECT_FALSE(parse_peer_packet(*parse_hex("00030001")));
  for (std::size_t size = 0; size < 4; ++size) {
    EXPECT_FALSE(parse_peer_packet(ByteView(error).first(size)));
  }
}

TEST(TftpPacket, WritesPacketsAsTheRfcsHaveThem) {
  EXPECT_EQ(encode_oack({{"blksize", 1428}, {"tsize", 70000}}), request("blksize\1"
                                                                        "1428\1tsize\1"
                                                                        "70000\1",
                                                                        6));
  EXPECT_EQ(hex(encode_error(ErrorCode::file_not_found, "no")), "000500016e6f00");
  EXPECT_EQ(hex(data_header(BlockNumber{0x1234})), "00031234");
}
