#include "pxe/tftp/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::pxe::tftp;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace {

const BootTime start = BootTime(1h);

Bytes data(std::uint16_t block, std::size_t size, char fill = 'x') {
  const auto header = data_header(BlockNumber{block});
  Bytes out(header.begin(), header.end());
  out.insert(out.end(), size, static_cast<Byte>(fill));
  return out;
}
Bytes ack(std::uint16_t block) {
  const auto bytes = encode_ack(BlockNumber{block});
  return {bytes.begin(), bytes.end()};
}
Bytes sent(const Reader::Step& step) {
  const auto* send = std::get_if<Reader::Send>(&step);
  return send == nullptr ? Bytes{} : send->datagram;
}
std::string code(const Reader::Step& step) {
  const auto* error = std::get_if<Error>(&step);
  return error == nullptr ? "" : error->code;
}

}  // namespace

TEST(TftpReader, ReadsAFileInBlocksOf512WithoutOptions) {
  Reader reader({.file = "boot.efi"});
  EXPECT_EQ(as_text(sent(reader.start(start))), std::string_view("\0\1boot.efi\0octet\0", 17));
  EXPECT_EQ(sent(reader.on_datagram(data(1, 512, 'a'), start)), ack(1));
  EXPECT_EQ(sent(reader.on_datagram(data(2, 512, 'b'), start)), ack(2));
  EXPECT_TRUE(std::holds_alternative<Reader::Done>(reader.on_datagram(data(3, 10, 'c'), start)));
  EXPECT_EQ(reader.last_ack(), ack(3));
  EXPECT_EQ(reader.bytes(), std::string(512, 'a') + std::string(512, 'b') + std::string(10, 'c'));
}

TEST(TftpReader, AnEmptyLastBlockEndsTheFile) {
  Reader reader({.file = "even"});
  (void)reader.start(start);
  (void)reader.on_datagram(data(1, 512), start);
  EXPECT_TRUE(std::holds_alternative<Reader::Done>(reader.on_datagram(data(2, 0), start)));
  EXPECT_EQ(reader.bytes().size(), 512U);
}

TEST(TftpReader, TakesUpWhatTheServerAgreesTo) {
  Reader reader({.file = "f", .block_size = 1428, .transfer_size = true});
  EXPECT_EQ(as_text(sent(reader.start(start))),
            std::string_view("\0\1f\0octet\0blksize\0001428\0tsize\0000\0", 31));
  EXPECT_EQ(sent(reader.on_datagram(encode_oack({{"blksize", 1000}, {"tsize", 1500}}), start)), ack(0));
  EXPECT_EQ(reader.block_size(), 1000);
  EXPECT_EQ(reader.transfer_size(), 1500U);
  EXPECT_EQ(sent(reader.on_datagram(data(1, 1000), start)), ack(1));
  EXPECT_TRUE(std::holds_alternative<Reader::Done>(reader.on_datagram(data(2, 500), start)));
}

TEST(TftpReader, AServerWithoutOptionsStartsWithBlockOne) {
  Reader reader({.file = "f", .block_size = 1428});
  (void)reader.start(start);
  EXPECT_EQ(sent(reader.on_datagram(data(1, 512), start)), ack(1));
  EXPECT_EQ(reader.block_size(), 512);
}

TEST(TftpReader, DuplicatesCauseNothing) {  // RFC 1123 section 4.2.3.1
  Reader reader({.file = "f", .block_size = 600});
  (void)reader.start(start);
  (void)reader.on_datagram(encode_oack({{"blksize", 600}}), start);
  EXPECT_TRUE(
      std::holds_alternative<Reader::Wait>(reader.on_datagram(encode_oack({{"blksize", 600}}), start)));
  (void)reader.on_datagram(data(1, 600), start);
  EXPECT_TRUE(std::holds_alternative<Reader::Wait>(reader.on_datagram(data(1, 600), start)));
  EXPECT_EQ(reader.bytes().size(), 600U);
}

TEST(TftpReader, AsksAgainThreeTimesInAllAndNamesWhatHappened) {
  Reader reader({.file = "f"});
  const Bytes request = sent(reader.start(start));
  EXPECT_TRUE(std::holds_alternative<Reader::Wait>(reader.on_time(start + 499ms)));
  EXPECT_EQ(sent(reader.on_time(start + 500ms)), request);
  EXPECT_EQ(sent(reader.on_time(start + 1s)), request);
  const auto end = reader.on_time(start + 1500ms);
  EXPECT_EQ(code(end), "tftp.silent");
}

TEST(TftpReader, PassesOnTheServersWords) {
  Reader reader({.file = "f"});
  (void)reader.start(start);
  const auto end = reader.on_datagram(encode_error(ErrorCode::file_not_found, "File not found"), start);
  ASSERT_EQ(code(end), "tftp.refused");
  EXPECT_THAT(std::get<Error>(end).message, HasSubstr("File not found (error 1)"));
}

TEST(TftpReader, RefusesWhatIsNotAgreedOrTooLong) {
  Reader larger({.file = "f", .block_size = 600});
  (void)larger.start(start);
  EXPECT_EQ(code(larger.on_datagram(encode_oack({{"blksize", 601}}), start)), "tftp.odd_answer");

  Reader unagreed({.file = "f"});
  (void)unagreed.start(start);
  EXPECT_EQ(code(unagreed.on_datagram(data(1, 513), start)), "tftp.odd_answer");

  Reader endless({.file = "f", .limit = 1000});
  (void)endless.start(start);
  (void)endless.on_datagram(data(1, 512), start);
  EXPECT_EQ(code(endless.on_datagram(data(2, 512), start)), "tftp.too_long");
}

TEST(TftpServerPacket, EveryPrefixFailsCleanly) {
  const Bytes whole = encode_oack({{"blksize", 1428}, {"tsize", 99}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto packet = parse_server_packet(ByteView(whole).first(size));
    EXPECT_EQ(packet.has_value(), size >= 2) << size;
  }
  const auto packet = parse_server_packet(whole);
  ASSERT_TRUE(packet && std::holds_alternative<OptionAck>(*packet));
  EXPECT_EQ(std::get<OptionAck>(*packet).transfer_size, 99U);
}
