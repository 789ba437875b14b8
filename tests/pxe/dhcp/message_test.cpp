#include "pxe/dhcp/message.hpp"

#include <gtest/gtest.h>

#include "tests/pxe/captures.hpp"

using namespace colony::core;
using namespace colony::pxe::dhcp;
using colony::test::read_capture;

namespace {

Bytes capture(const std::string& name) {
  return read_capture(std::string(CAPTURES) + "/" + name + ".hex");
}

/// The fixed part of a DISCOVER followed by the given options field.
Bytes with_options(std::string_view options_hex, std::string_view sname_hex = "",
                   std::string_view file_hex = "") {
  ByteWriter out(message_limit + 100);
  out.bytes(
      *parse_hex("0101060012345678000080000000000000000000000000000000000052540012345600000000000000000000"));
  const auto field = [&out](std::string_view text, std::size_t size) {
    const auto bytes = *parse_hex(text);
    out.bytes(bytes);
    out.fill(size - bytes.size(), 0);
  };
  field(sname_hex, 64);
  field(file_hex, 128);
  out.u32be(0x63825363);
  out.bytes(*parse_hex(options_hex));
  return std::move(out).finish();
}

DecodeError error_of(ByteView datagram) {
  const auto message = decode(datagram);
  EXPECT_FALSE(message);
  return message ? DecodeError{} : message.error();
}

}  // namespace

TEST(DhcpMessage, DecodesTheDiscoverOfRealUefiFirmware) {
  const auto message = decode(capture("discover-uefi-pxe"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->operation, Operation::request);
  EXPECT_EQ(message->type, MessageType::discover);
  EXPECT_TRUE(message->broadcast);
  EXPECT_EQ(message->mac.to_string(), "52:54:00:aa:00:02");
  EXPECT_TRUE(message->client.is_unspecified());
  EXPECT_EQ(message->options.find_text(OptionCode::vendor_class), "PXEClient:Arch:00007:UNDI:003000");
  EXPECT_EQ(hex(*message->options.find(OptionCode::client_architecture)), "0007");
  EXPECT_FALSE(message->options.has(OptionCode::message_type));
}

TEST(DhcpMessage, DecodesTheRequestOfRealIpxe) {
  const auto message = decode(capture("request-bios-ipxe-rom"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, MessageType::request);
  EXPECT_EQ(message->options.find_address(OptionCode::requested_address)->to_string(), "10.78.9.100");
  EXPECT_EQ(message->options.find_address(OptionCode::server_identifier)->to_string(), "10.78.9.1");
}

TEST(DhcpMessage, EncodesEveryFieldWhereRfc2131HasIt) {
  Message offer;
  offer.operation = Operation::reply;
  offer.type = MessageType::offer;
  offer.xid = Xid{0x12345678};
  offer.broadcast = true;
  offer.your = *Ipv4Address::parse("10.0.0.9");
  offer.server = *Ipv4Address::parse("10.0.0.1");
  offer.gateway = *Ipv4Address::parse("10.0.9.1");
  offer.mac = *MacAddress::parse("52:54:00:12:34:56");
  offer.server_name = "s";
  offer.file = "f";
  offer.options.add_address(OptionCode::server_identifier, offer.server);
  const Bytes bytes = encode(offer);
  ASSERT_EQ(bytes.size(), 300U);
  const std::string text = hex(bytes);
  EXPECT_EQ(text.substr(0, 88),
            "0201060012345678000080000000000"
            "00a0000090a0000010a000901"
            "52540012345600000000000000000000");
  EXPECT_EQ(text.substr(88, 4), "7300");
  EXPECT_EQ(text.substr(216, 4), "6600");
  EXPECT_EQ(text.substr(472, 36),
            "63825363"
            "350102"
            "36040a000001"
            "ff00000000");
  EXPECT_EQ(decode(bytes), offer);
}

TEST(DhcpMessage, RoundTripsEveryCapture) {
  for (const auto* name :
       {"discover-bios-ipxe-rom", "request-bios-ipxe-rom", "discover-bios-undionly", "discover-uefi-pxe",
        "request-uefi-pxe", "discover-uefi-ipxe", "discover-uefi-http"}) {
    const auto message = decode(capture(name));
    ASSERT_TRUE(message) << name;
    EXPECT_EQ(decode(encode(*message)), *message) << name;
  }
}

TEST(DhcpMessage, EveryPrefixFailsOrIsAWellFormedMessage) {
  const Bytes whole = capture("request-bios-ipxe-rom");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto message = decode(ByteView(whole).first(size));
    if (size < 240) {
      EXPECT_EQ(message.error(), DecodeError::too_short);
    } else if (!message) {
      EXPECT_TRUE(message.error() == DecodeError::truncated_option ||
                  message.error() == DecodeError::no_message_type)
          << size;
    }
  }
}

TEST(DhcpMessage, IgnoresWhatFollowsEnd) {
  const auto message = decode(with_options("350101ff3c0441424344"));
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->options.all().empty());
}

TEST(DhcpMessage, SkipsPadAndAcceptsAMissingEnd) {
  const auto message = decode(with_options("000035010100005d020007"));
  ASSERT_TRUE(message);
  EXPECT_EQ(hex(*message->options.find(OptionCode::client_architecture)), "0007");
}

TEST(DhcpMessage, JoinsSplitOptions) {  // RFC 3396
  const auto message =
      decode(with_options("3501013c025058"
                          "5d020007"
                          "3c0245ff"
                          "ff"));
  ASSERT_TRUE(message);
  EXPECT_EQ(hex(*message->options.find(OptionCode::vendor_class)), "505845ff");
}

TEST(DhcpMessage, SplitsLongOptionsAndJoinsThemAgain) {
  Message message;
  message.mac = *MacAddress::parse("52:54:00:12:34:56");
  const Bytes value(600, 0xab);
  message.options.add(OptionCode::vendor_specific, value);
  message.options.add(OptionCode::user_class, {});
  const auto decoded = decode(encode(message));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, message);
}

TEST(DhcpMessage, ReadsOptionsFromOverloadedFields) {  // options, then file, then sname: RFC 3396 section 5
  const auto message =
      decode(with_options("350101"
                          "340103"
                          "3c0141"
                          "ff",
                          "3c0143ff", "3c0142ff"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->options.find_text(OptionCode::vendor_class), "ABC");
  EXPECT_EQ(message->file, "");
  EXPECT_EQ(message->server_name, "");
}

TEST(DhcpMessage, KeepsTheFieldThatIsNotOverloaded) {
  const auto message =
      decode(with_options("350101"
                          "340101"
                          "ff",
                          "6162", "3c0142ff"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->server_name, "ab");
  EXPECT_EQ(message->options.find_text(OptionCode::vendor_class), "B");
}

TEST(DhcpMessage, NamesWhatIsWrong) {
  EXPECT_EQ(error_of({}), DecodeError::too_short);
  EXPECT_EQ(error_of(Bytes(message_limit + 1, 0)), DecodeError::too_long);
  Bytes bytes = with_options("350101ff");
  const auto changed = [&bytes](std::size_t at, Byte value) {
    Bytes copy = bytes;
    copy[at] = value;
    return copy;
  };
  EXPECT_EQ(error_of(changed(0, 3)), DecodeError::bad_operation);
  EXPECT_EQ(error_of(changed(1, 6)), DecodeError::not_ethernet);
  EXPECT_EQ(error_of(changed(2, 16)), DecodeError::not_ethernet);
  EXPECT_EQ(error_of(changed(28, 0x01)), DecodeError::bad_mac);
  EXPECT_EQ(error_of(changed(236, 0)), DecodeError::no_cookie);
  EXPECT_EQ(error_of(with_options("350101"
                                  "3c0541ff")),
            DecodeError::truncated_option);
  EXPECT_EQ(error_of(with_options("350101"
                                  "3c")),
            DecodeError::truncated_option);
  EXPECT_EQ(error_of(with_options("350101"
                                  "340100"
                                  "ff")),
            DecodeError::bad_overload);
  EXPECT_EQ(error_of(with_options("350101"
                                  "340104"
                                  "ff")),
            DecodeError::bad_overload);
  EXPECT_EQ(error_of(with_options("350101"
                                  "34020101"
                                  "ff")),
            DecodeError::bad_overload);
  EXPECT_EQ(error_of(with_options("350101"
                                  "340101"
                                  "ff",
                                  "", "3cff")),
            DecodeError::truncated_option);
  EXPECT_EQ(error_of(with_options("3c0141ff")), DecodeError::no_message_type);
  EXPECT_EQ(error_of(with_options("35020101ff")), DecodeError::no_message_type);
  EXPECT_EQ(error_of(with_options("350100ff")), DecodeError::bad_message_type);
  EXPECT_EQ(error_of(with_options("350109ff")), DecodeError::bad_message_type);
}
