// Golden bytes made with Python's hmac and the openssl program, not with this code.

#include <gtest/gtest.h>

#include "drivers/ipmi/commands.hpp"
#include "drivers/ipmi/fru.hpp"
#include "drivers/ipmi/packet.hpp"
#include "drivers/ipmi/record.hpp"
#include "drivers/ipmi/sequence_window.hpp"
#include "drivers/ipmi/session.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;

namespace {

core::Bytes bytes(std::string_view hex) {
  return core::parse_hex(hex).value();
}

HandshakeContext golden_context(CipherSuite suite) {
  HandshakeContext context{.suite = suite,
                           .console_session = 0x01020304,
                           .bmc_session = 0xa0b0c0d0,
                           .role = 0x14,
                           .username = "ADMIN"};
  for (std::size_t i = 0; i < 16; ++i) {
    context.console_random[i] = static_cast<core::Byte>(i);
    context.bmc_random[i] = static_cast<core::Byte>(16 + i);
    context.bmc_guid[i] = static_cast<core::Byte>(32 + i);
  }
  return context;
}

struct Golden {
  CipherSuite suite;
  std::string_view rakp2;
  std::string_view rakp3;
  std::string_view rakp4;
  std::string_view sealed;  // Get Device ID, request number 2, sequence 1, IV 30h..3Fh
};

constexpr Golden sha1{
    CipherSuite::sha1_aes, "a553b12f92c46ceb32801667b6f2c89fd9cb8b91",
    "cfeb06d0c5331e0d3d4a7e05f04f8837f6ea2b6d", "d73c8a0155b8265e8061e4a1",
    "0600ff0706c0d0c0b0a0010000002000303132333435363738393a3b3c3d3e3f8fab7742ca3ebf75a360f3358e538e65ffff0207"
    "fb1b5f91466f7ac3bb8c537a"};
constexpr Golden sha256{
    CipherSuite::sha256_aes, "e6dbbd829a0a8124f50858473a3d3eccd7d91afab478ee9a3836ee5cd0f31a75",
    "28086fe7d3dab53ae3eef626ec93cc523578ffd323f194e8cf9b8e11402363a5", "35a028aace2e08104735dd4833953704",
    "0600ff0706c0d0c0b0a0010000002000303132333435363738393a3b3c3d3e3f2805b87b433c52ed8024fd55b1aaf4d7ffff0207"
    "ba2e64dc357054abec9c64fdeceb7b4e"};

class Suites : public ::testing::TestWithParam<Golden> {
 protected:
  HandshakeCodes codes{golden_context(GetParam().suite), core::Secret("secret")};
};

/// Every prefix and one byte more must be refused; the whole must be accepted.
template <class Decode>
void expect_exact(core::ByteView whole, const Decode& decode) {
  EXPECT_TRUE(decode(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode(whole.first(size))) << "prefix of " << size;
  }
  core::Bytes longer(whole.begin(), whole.end());
  longer.push_back(0x5a);
  EXPECT_FALSE(decode(longer)) << "trailing byte";
}

}  // namespace

TEST_P(Suites, HandshakeCodesMatchIndependentVectors) {
  EXPECT_EQ(core::hex(codes.rakp2()), GetParam().rakp2);
  EXPECT_EQ(core::hex(codes.rakp3()), GetParam().rakp3);
  EXPECT_EQ(core::hex(codes.rakp4()), GetParam().rakp4);
}

TEST_P(Suites, SealsToTheGoldenDatagramAndBack) {
  const auto keys = codes.session_keys();
  AesKey::Block iv{};
  for (std::size_t i = 0; i < iv.size(); ++i) iv[i] = static_cast<core::Byte>(0x30 + i);
  const auto message = encode_request(get_device_id(), {2});
  const auto sealed = seal(keys, {0xa0b0c0d0, 1}, message, iv);
  EXPECT_EQ(core::hex(sealed), GetParam().sealed);

  const auto packet = decode_packet(sealed);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->session_id, 0xa0b0c0d0U);
  EXPECT_EQ(packet->sequence, 1U);
  EXPECT_EQ(unseal(keys, *packet), message);
}

TEST_P(Suites, EveryChangedByteOfASealedDatagramIsNoticed) {
  const auto keys = codes.session_keys();
  const auto sealed = bytes(GetParam().sealed);
  const auto open = [&](core::ByteView datagram) {
    const auto packet = decode_packet(datagram);
    return packet && packet->session_id == 0xa0b0c0d0 && unseal(keys, *packet);
  };
  expect_exact(sealed, open);
  // Byte 1 of RMCP is reserved and not covered.
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    if (i == 1) continue;
    auto changed = sealed;
    changed[i] ^= 0x04;
    EXPECT_FALSE(open(changed)) << "byte " << i;
  }
}

TEST_P(Suites, RefusesUnprotectedDatagramsInsideASession) {
  const auto keys = codes.session_keys();
  auto plain = encode_plain(PayloadType::ipmi, encode_request(get_device_id(), {2}));
  const auto packet = decode_packet(plain);
  ASSERT_TRUE(packet);
  EXPECT_EQ(unseal(keys, *packet).error(), IpmiError::unprotected);
}

TEST_P(Suites, SealsAMessageThatNeedsNoPad) {
  // fifteen.
  const auto keys = codes.session_keys();
  const auto message = core::Bytes(15, 0xff);
  const auto sealed = seal(keys, {1, 1}, message, {});
  EXPECT_EQ(unseal(keys, *decode_packet(sealed)), message);
}

INSTANTIATE_TEST_SUITE_P(Codec, Suites, ::testing::Values(sha1, sha256), [](const auto& param) {
  return param.param.suite == CipherSuite::sha1_aes ? "Sha1" : "Sha256";
});

TEST(IpmiPacket, DecodesWhatIpmitoolSendsFirst) {
  // Captured: Get Channel Authentication Capabilities, IPMI 1.5 header.
  const auto datagram = bytes("0600ff07000000000000000000092018c88100388e04b5");
  const auto decode = [](core::ByteView view) { return decode_packet(view).has_value(); };
  // With its legacy pad it is exact, too.
  auto padded = datagram;
  padded.push_back(0);
  EXPECT_TRUE(decode(datagram));
  EXPECT_TRUE(decode(padded));
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    EXPECT_FALSE(decode(core::ByteView(datagram).first(size))) << "prefix of " << size;
  }
  EXPECT_EQ(core::hex(decode_packet(padded)->payload), core::hex(decode_packet(datagram)->payload));
  padded.push_back(0);
  EXPECT_EQ(decode_packet(padded).error(), IpmiError::trailing_bytes);
  const auto packet = decode_packet(datagram);
  EXPECT_EQ(packet->header, HeaderKind::v15);
  const auto request = decode_request(packet->payload);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->code, 0x38);
  EXPECT_EQ(core::hex(encode_plain_v15(
                encode_request(get_channel_auth_capabilities(Privilege::administrator), {0}))),
            core::hex(datagram));
}

TEST(IpmiPacket, TakesTheLegacyPadThatOpenBmcAppends) {
  // Get Channel Authentication Capabilities: 16 bytes, and one that its length does not count.
  const auto datagram = bytes(
      "0600ff07"
      "00000000000000000010"
      "811c63"
      "20003800"
      "0180040200000000"
      "21"
      "00");
  const auto packet = decode_packet(datagram);
  ASSERT_TRUE(packet) << name(packet.error());
  const auto reply = decode_reply(packet->payload);
  ASSERT_TRUE(reply) << name(reply.error());
  EXPECT_EQ(reply->code, 0x38);
  EXPECT_TRUE(parse_channel_auth_capabilities(reply->data)) << core::hex(reply->data);
  EXPECT_EQ(core::hex(encode_plain_v15(packet->payload, LegacyPad::one)), core::hex(datagram));
}

TEST(IpmiPacket, NamesWhatIsWrongWithAHeader) {
  const auto error = [](std::string_view hex) { return decode_packet(bytes(hex)).error(); };
  EXPECT_EQ(error("0500ff0706"), IpmiError::bad_rmcp_header);
  EXPECT_EQ(error("0600010706"), IpmiError::bad_rmcp_header);
  EXPECT_EQ(error("0600ff0606"), IpmiError::not_ipmi);
  EXPECT_EQ(error("0600ff0702"), IpmiError::bad_auth_type);
  EXPECT_EQ(error("0600ff07061600000000000000000000"), IpmiError::bad_payload);
  EXPECT_EQ(decode_packet(core::Bytes(max_datagram + 1, 6)).error(), IpmiError::trailing_bytes);
}

TEST(IpmiPacket, AnswersAPresencePing) {
  const auto ping = bytes("0600ff06000011be80070000");
  EXPECT_TRUE(is_presence_ping(ping));
  EXPECT_FALSE(is_presence_ping(core::ByteView(ping).first(11)));
  EXPECT_EQ(core::hex(encode_presence_pong(ping)),
            "0600ff06000011be40070010000011be000000008100000000000000");
}

TEST(IpmiMessage, RequestsAndRepliesAreExact) {
  const auto request = encode_request(chassis_control(drivers::PowerAction::cycle), {5});
  EXPECT_EQ(core::hex(request), "2000e08114020267");
  expect_exact(request, [](core::ByteView view) { return decode_request(view).has_value(); });
  const auto decoded = decode_request(request);
  ASSERT_TRUE(decoded);
  const auto reply = encode_reply(*decoded, 0xd5, {});
  expect_exact(reply, [](core::ByteView view) { return decode_reply(view).has_value(); });
  const auto answer = decode_reply(reply);
  EXPECT_EQ(answer->completion, 0xd5);
  EXPECT_EQ(answer->number, RequestNumber{5});
  EXPECT_EQ(decode_reply(request).error(), IpmiError::unexpected);
  EXPECT_EQ(decode_request(reply).error(), IpmiError::unexpected);
}

TEST(IpmiHandshake, EachMessageIsExactAndComesBackEqual) {
  const auto suite = CipherSuite::sha256_aes;
  const OpenSessionRequest open{
      .tag = 7, .max_privilege = 4, .console_session = 9, .algorithms = algorithms(suite)};
  EXPECT_EQ(core::hex(encode(open)),
            "07040000"
            "09000000"
            "0000000803000000"
            "0100000804000000"
            "0200000801000000");
  expect_exact(encode(open), [](core::ByteView v) { return decode_open_session_request(v).has_value(); });

  const OpenSessionResponse opened{
      .tag = 7, .max_privilege = 4, .console_session = 9, .bmc_session = 11, .algorithms = algorithms(suite)};
  expect_exact(encode(opened), [](core::ByteView v) { return decode_open_session_response(v).has_value(); });
  EXPECT_EQ(decode_open_session_response(encode(opened))->bmc_session, 11U);

  const Rakp1 rakp1{.tag = 1, .bmc_session = 11, .role = 0x14, .username = "ADMIN"};
  expect_exact(encode(rakp1), [](core::ByteView v) { return decode_rakp1(v).has_value(); });
  const Rakp2 rakp2{.tag = 1, .console_session = 9, .code = core::Bytes(32, 1)};
  expect_exact(encode(rakp2), [&](core::ByteView v) { return decode_rakp2(v, suite).has_value(); });
  const Rakp3 rakp3{.tag = 1, .bmc_session = 11, .code = core::Bytes(32, 1)};
  expect_exact(encode(rakp3), [&](core::ByteView v) { return decode_rakp3(v, suite).has_value(); });
  const Rakp4 rakp4{.tag = 1, .console_session = 9, .code = core::Bytes(16, 1)};
  expect_exact(encode(rakp4), [&](core::ByteView v) { return decode_rakp4(v, suite).has_value(); });
}

TEST(IpmiHandshake, RefusalsMayBeShort) {
  const auto refused = decode_open_session_response(bytes("07110000"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(meaning(refused->status), IpmiError::no_cipher_suite);
  EXPECT_EQ(meaning(decode_rakp2(bytes("010d000009000000"), CipherSuite::sha1_aes)->status),
            IpmiError::no_such_user);
  EXPECT_EQ(meaning(RmcpStatus::insufficient_resources), IpmiError::no_free_session);
  EXPECT_EQ(meaning(RmcpStatus::unauthorized_role), IpmiError::role_refused);
  EXPECT_EQ(meaning(RmcpStatus::invalid_integrity_value), IpmiError::bad_password);
  EXPECT_EQ(meaning(static_cast<RmcpStatus>(0x77)), IpmiError::handshake_refused);
}

TEST(IpmiHandshake, KnowsNoWeakSuite) {
  for (const unsigned number : {0U, 1U, 2U, 6U, 7U, 15U, 18U}) EXPECT_FALSE(parse_cipher_suite(number));
  EXPECT_FALSE(find_suite({0, 0, 0}));
  EXPECT_FALSE(find_suite({1, 0, 0}));
  EXPECT_FALSE(find_suite({1, 1, 0}));
}

TEST(IpmiCommands, BootFlagsCarryDeviceEfiAndPersistence) {
  using drivers::BootDevice;
  const drivers::BootDeviceSetting pxe{.device = BootDevice::pxe, .firmware = drivers::BootFirmware::efi};
  EXPECT_EQ(core::hex(set_boot_flags(pxe).data), "05a004000000");
  const auto reply = bytes("0105a004000000");
  EXPECT_EQ(parse_boot_flags_reply(reply), pxe);
  for (std::size_t size = 0; size < reply.size(); ++size) {
    EXPECT_FALSE(parse_boot_flags_reply(core::ByteView(reply).first(size)));
  }
  const drivers::BootDeviceSetting disk{.device = BootDevice::disk,
                                        .persistence = drivers::BootPersistence::persistent};
  EXPECT_EQ(decode_boot_flags(encode_boot_flags(disk)), disk);
  EXPECT_EQ(parse_boot_flags_reply(bytes("01050000000000"))->device, BootDevice::none);
  EXPECT_FALSE(parse_boot_flags_reply(bytes("0105803c000000")));  // floppy: no word for it
}

TEST(IpmiCommands, DeviceIdReadsManufacturerAndRevision) {
  const auto reply = bytes(
      "20018249"
      "02bf"
      "7c2a00"
      "4509"
      "00000000");
  const auto id = parse_device_id(reply);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->manufacturer_id, 10876U);
  EXPECT_EQ(id->product_id, 0x0945);
  EXPECT_EQ(id->firmware_revision(), "2.49");
  for (std::size_t size = 0; size < 11; ++size)
    EXPECT_FALSE(parse_device_id(core::ByteView(reply).first(size)));
}

TEST(IpmiCommands, NeverRepeatsAnAct) {
  for (const auto action : {drivers::PowerAction::off, drivers::PowerAction::on, drivers::PowerAction::cycle,
                            drivers::PowerAction::reset, drivers::PowerAction::soft_off}) {
    EXPECT_EQ(chassis_control(action).repeat, Repeat::never);
    EXPECT_EQ(parse_chassis_control(chassis_control(action).data[0]), action);
  }
  EXPECT_EQ(get_chassis_status().repeat, Repeat::safe);
}

TEST(IpmiFru, BoardAndProductComeBackAndEveryPrefixFails) {
  const FruBoard board{.manufacturer = "Acme", .product = "X11", .serial = "S1", .part_number = "P"};
  const FruProduct product{.manufacturer = "Acme",
                           .name = "Box",
                           .part_number = "7",
                           .version = "",
                           .serial = "S2",
                           .asset_tag = "T"};
  const auto fru = encode_fru(board, product);
  const core::ByteView all(fru);
  expect_exact(all.first(8), [](core::ByteView v) { return decode_fru_header(v).has_value(); });
  const auto header = decode_fru_header(all.first(8));
  const auto area_at = [&](std::size_t offset) {
    return all.subspan(offset, fru_area_size(all.subspan(offset, 2)).value());
  };
  expect_exact(area_at(*header->board), [](core::ByteView v) { return decode_fru_board(v).has_value(); });
  expect_exact(area_at(*header->product), [](core::ByteView v) { return decode_fru_product(v).has_value(); });
  EXPECT_EQ(decode_fru_board(area_at(*header->board))->serial, "S1");
  const auto found = decode_fru_product(area_at(*header->product));
  EXPECT_EQ(found->serial, "S2");
  EXPECT_EQ(found->name, "Box");
}

TEST(IpmiFru, ReadsPackedAndBcdFields) {
  // 6-bit ASCII "IPMI" is 29 DC A6; BCD plus "12-3"; binary AB. Section 13.1.
  auto area = bytes(
      "0103"
      "19"
      "8329dca6"
      "42"
      "12b3"
      "01ab"
      "c1");
  area.resize(23);
  unsigned sum = 0;
  for (const auto byte : area) sum += byte;
  area.push_back(static_cast<core::Byte>(0U - sum));
  const auto product = decode_fru_product(area);
  ASSERT_TRUE(product) << name(product.error());
  EXPECT_EQ(product->manufacturer, "IPMI");
  EXPECT_EQ(product->name, "12-3");
  EXPECT_EQ(product->part_number, "ab");
  EXPECT_EQ(product->serial, "");
}

TEST(IpmiSequenceWindow, TakesEachNumberOnceNearTheNewest) {
  SequenceWindow window;
  EXPECT_FALSE(window.accept(0));
  EXPECT_TRUE(window.accept(100));
  EXPECT_FALSE(window.accept(100));
  EXPECT_TRUE(window.accept(102));
  EXPECT_TRUE(window.accept(101));
  EXPECT_FALSE(window.accept(101));
  EXPECT_TRUE(window.accept(102 + SequenceWindow::width));
  EXPECT_FALSE(window.accept(102)) << "as far behind as the window is wide";
  EXPECT_TRUE(window.accept(103));
  EXPECT_FALSE(window.accept(500)) << "too far ahead";
  SequenceWindow wrapping;
  EXPECT_TRUE(wrapping.accept(0xffffffff));
  EXPECT_TRUE(wrapping.accept(1));
  EXPECT_FALSE(wrapping.accept(0xffffffff));
}
