// What a BMC can send to the native client: any bytes, in every state of a session. The fuzzer's first byte
// says how far the handshake has come; in the sealed states the bytes are also sealed with the right keys, so
// that the decoders behind the authentication code are reached.

#include "core/random.hpp"
#include "drivers/ipmi/commands.hpp"
#include "drivers/ipmi/session.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;

namespace {

/// A datagram with the right code around contents that no client would make: `bytes` are the last octet of
/// the integrity pad and then what is encrypted, padding included.
core::Bytes authentic_anyhow(const SessionKeys& keys, core::ByteView bytes) {
  const core::Byte pad = bytes.empty() ? core::Byte{0} : bytes.front();
  core::Bytes text(bytes.begin(), bytes.end());
  text.resize(text.size() / AesKey::block * AesKey::block);
  const AesKey::Block iv{};
  const auto cipher_text = keys.confidentiality.encrypt(iv, text);
  core::ByteWriter out(max_datagram);
  out.u32be(0x0600ff07);
  out.u16be(0x06c0);
  out.u32le(42);
  out.u32le(1);
  out.u16le(static_cast<std::uint16_t>(iv.size() + cipher_text.size()));
  out.bytes(iv);
  out.bytes(cipher_text);
  out.fill(2, 0xff);
  out.u8(pad < 4 ? pad : 2);
  out.u8(7);
  const auto code = keys.integrity.mac({out.view().subspan(4)});
  out.bytes(code.first(integrity_length(keys.suite)));
  return std::move(out).finish();
}

/// What decodes is written so that it decodes to the same again.
template <class Message, class... Suite>
void check_form(core::ByteView bytes, std::expected<Message, IpmiError> (*decode)(core::ByteView, Suite...),
                Suite... suite) {
  const auto message = decode(bytes, suite...);
  if (!message) {
    if (name(message.error()).empty()) __builtin_trap();
    return;
  }
  const core::Bytes written = encode(*message);
  const auto again = decode(written, suite...);
  if (!again || encode(*again) != written) __builtin_trap();
}

void check_handshake(core::ByteView bytes, CipherSuite suite) {
  check_form(bytes, decode_open_session_request);
  check_form(bytes, decode_open_session_response);
  check_form(bytes, decode_rakp1);
  check_form(bytes, decode_rakp2, suite);
  check_form(bytes, decode_rakp3, suite);
  check_form(bytes, decode_rakp4, suite);
  if (const auto rakp1 = decode_rakp1(bytes)) {
    HandshakeContext context;
    context.suite = suite;
    context.role = rakp1->role;
    context.username = rakp1->username;
    const HandshakeCodes codes(context, core::Secret("secret"));
    Rakp2 rakp2;
    rakp2.code.assign(codes.rakp2().begin(), codes.rakp2().end());
    const auto read = decode_rakp2(encode(rakp2), suite);
    if (!read || read->code != rakp2.code || codes.rakp3().size() != digest_length(suite)) __builtin_trap();
    Rakp4 rakp4;
    rakp4.code.assign(codes.rakp4().begin(), codes.rakp4().end());
    if (!decode_rakp4(encode(rakp4), suite)) __builtin_trap();
    (void)codes.session_keys();
  }
}

void check_messages(core::ByteView bytes) {
  if (const auto request = decode_request(bytes)) {
    const Command command{static_cast<NetFn>(request->net_fn), request->code, request->data, Repeat::safe};
    const auto again = decode_request(encode_request(command, request->number));
    if (!again || again->code != request->code || again->data != request->data) __builtin_trap();
    const auto reply = decode_reply(encode_reply(*request, 0xc1, {}));
    if (!reply || reply->code != request->code || reply->completion != 0xc1) __builtin_trap();
  }
  (void)decode_reply(bytes);
  if (bytes.size() < 200 && !decode_packet(encode_plain_v15(bytes))) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView input(data, size);
  const core::ByteView rest = input.empty() ? input : input.subspan(1);
  const unsigned mode = input.empty() ? 0U : input[0] % 8U;

  const auto suite = mode % 2 == 0 ? CipherSuite::sha1_aes : CipherSuite::sha256_aes;
  check_handshake(rest, suite);
  check_messages(rest);
  (void)parse_device_id(rest);
  (void)parse_system_guid(rest);
  (void)parse_chassis_status(rest);
  (void)parse_boot_flags_reply(rest);
  (void)parse_fru_area_info(rest);
  (void)parse_read_fru(rest, 32);
  (void)parse_channel_auth_capabilities(rest);
  (void)console_session_of(rest);
  (void)is_presence_ping(rest);
  if (is_presence_ping(rest)) (void)encode_presence_pong(rest);

  const SessionKeys keys(suite, core::Bytes(32, 1), core::Bytes(32, 2));
  if (const auto packet = decode_packet(rest)) (void)unseal(keys, *packet);
  if (rest.size() < 400) {
    const auto sealed = seal(keys, {42, 1}, rest, {});
    const auto packet = decode_packet(sealed);
    if (!packet || unseal(keys, *packet).value() != core::Bytes(rest.begin(), rest.end())) __builtin_trap();
    (void)unseal(keys, *decode_packet(authentic_anyhow(keys, rest)));
  }

  core::SeededRandom random(1);
  const drivers::BmcCredentials credentials{"ADMIN", core::Secret("secret")};
  Session session(
      {.console_session = 42, .suites = {suite}, .privilege = Privilege::administrator, .timing = {}},
      credentials, random);
  (void)session.open({});
  (void)session.on_datagram(rest, {});
  const auto type = static_cast<PayloadType>(0x11 + (mode & 4));
  if (rest.size() < 400 && !session.over()) (void)session.on_datagram(encode_plain(type, rest), {});
  // A refusal in nobody's name counts, or begins anew, when its time has come.
  if (!session.over()) (void)session.on_time(core::BootTime{} + std::chrono::seconds(1));
  return 0;
}
