#include "drivers/ipmi/handshake.hpp"

#include <algorithm>

namespace colony::drivers::ipmi {

namespace {

constexpr std::size_t max_payload = 128;

/// Table 13-9: one algorithm proposal of eight bytes. `kind` 0 authentication, 1 integrity, 2
/// confidentiality.
void put_algorithm(core::ByteWriter& out, std::uint8_t kind, std::uint8_t algorithm) {
  out.u8(kind);
  out.u16le(0);
  out.u8(8);
  out.u8(algorithm);
  out.fill(3, 0);
}

void put_algorithms(core::ByteWriter& out, const SuiteAlgorithms& algorithms) {
  put_algorithm(out, 0, algorithms.authentication);
  put_algorithm(out, 1, algorithms.integrity);
  put_algorithm(out, 2, algorithms.confidentiality);
}

std::expected<std::uint8_t, IpmiError> take_algorithm(core::ByteReader& in, std::uint8_t kind) {
  const std::uint8_t found_kind = in.u8().value_or(0);
  (void)in.skip(2);
  const std::uint8_t length = in.u8().value_or(0);
  const std::uint8_t algorithm = in.u8().value_or(0);
  (void)in.skip(3);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  if (found_kind != kind || length != 8) return std::unexpected(IpmiError::bad_payload);
  return static_cast<std::uint8_t>(algorithm & 0x3f);
}

std::expected<SuiteAlgorithms, IpmiError> take_algorithms(core::ByteReader& in) {
  const auto authentication = take_algorithm(in, 0);
  if (!authentication) return std::unexpected(authentication.error());
  const auto integrity = take_algorithm(in, 1);
  if (!integrity) return std::unexpected(integrity.error());
  const auto confidentiality = take_algorithm(in, 2);
  if (!confidentiality) return std::unexpected(confidentiality.error());
  if (!in.at_end()) return std::unexpected(IpmiError::trailing_bytes);
  return SuiteAlgorithms{*authentication, *integrity, *confidentiality};
}

/// Tag, status, two reserved bytes, session id: the start of RAKP 2, 3 and 4.
struct Preamble {
  std::uint8_t tag = 0;
  RmcpStatus status = RmcpStatus::ok;
  std::uint32_t session = 0;
};

void put(core::ByteWriter& out, const Preamble& preamble) {
  out.u8(preamble.tag);
  out.u8(static_cast<std::uint8_t>(preamble.status));
  out.u16le(0);
  out.u32le(preamble.session);
}

std::expected<Preamble, IpmiError> take_preamble(core::ByteReader& in) {
  Preamble out;
  out.tag = in.u8().value_or(0);
  out.status = static_cast<RmcpStatus>(in.u8().value_or(0));
  (void)in.skip(2);
  out.session = in.u32le().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  return out;
}

std::expected<core::Bytes, IpmiError> take_code(core::ByteReader& in, std::size_t length) {
  if (in.remaining() < length) return std::unexpected(IpmiError::truncated);
  if (in.remaining() > length) return std::unexpected(IpmiError::trailing_bytes);
  const core::ByteView code = in.rest();
  return core::Bytes(code.begin(), code.end());
}

bool take_nonce(core::ByteReader& in, Nonce& out) {
  const auto view = in.take(out.size());
  if (!view) return false;
  std::ranges::copy(*view, out.begin());
  return true;
}

std::array<core::Byte, 4> le32(std::uint32_t value) {
  return {static_cast<core::Byte>(value), static_cast<core::Byte>(value >> 8),
          static_cast<core::Byte>(value >> 16), static_cast<core::Byte>(value >> 24)};
}

}  // namespace

IpmiError meaning(RmcpStatus status) {
  switch (status) {
    case RmcpStatus::insufficient_resources:
    case RmcpStatus::insufficient_resources_for_role: return IpmiError::no_free_session;
    case RmcpStatus::invalid_authentication_algorithm:
    case RmcpStatus::invalid_integrity_algorithm:
    case RmcpStatus::no_matching_authentication:
    case RmcpStatus::no_matching_integrity:
    case RmcpStatus::invalid_confidentiality_algorithm:
    case RmcpStatus::no_cipher_suite_match: return IpmiError::no_cipher_suite;
    case RmcpStatus::invalid_role:
    case RmcpStatus::unauthorized_role: return IpmiError::role_refused;
    case RmcpStatus::invalid_name_length:
    case RmcpStatus::unauthorized_name: return IpmiError::no_such_user;
    case RmcpStatus::invalid_integrity_value: return IpmiError::bad_password;
    default: return IpmiError::handshake_refused;
  }
}

core::Bytes encode(const OpenSessionRequest& message) {
  core::ByteWriter out(max_payload);
  out.u8(message.tag);
  out.u8(message.max_privilege);
  out.u16le(0);
  out.u32le(message.console_session);
  put_algorithms(out, message.algorithms);
  return std::move(out).finish();
}

core::Bytes encode(const OpenSessionResponse& message) {
  core::ByteWriter out(max_payload);
  out.u8(message.tag);
  out.u8(static_cast<std::uint8_t>(message.status));
  out.u8(message.max_privilege);
  out.u8(0);
  out.u32le(message.console_session);
  if (message.status == RmcpStatus::ok) {
    out.u32le(message.bmc_session);
    put_algorithms(out, message.algorithms);
  }
  return std::move(out).finish();
}

core::Bytes encode(const Rakp1& message) {
  core::ByteWriter out(max_payload);
  out.u8(message.tag);
  out.fill(3, 0);
  out.u32le(message.bmc_session);
  out.bytes(message.console_random);
  out.u8(message.role);
  out.u16le(0);
  out.u8(static_cast<std::uint8_t>(message.username.size()));
  out.text(message.username);
  return std::move(out).finish();
}

core::Bytes encode(const Rakp2& message) {
  core::ByteWriter out(max_payload);
  put(out, {message.tag, message.status, message.console_session});
  if (message.status == RmcpStatus::ok) {
    out.bytes(message.bmc_random);
    out.bytes(message.bmc_guid);
    out.bytes(message.code);
  }
  return std::move(out).finish();
}

core::Bytes encode(const Rakp3& message) {
  core::ByteWriter out(max_payload);
  put(out, {message.tag, message.status, message.bmc_session});
  if (message.status == RmcpStatus::ok) out.bytes(message.code);
  return std::move(out).finish();
}

core::Bytes encode(const Rakp4& message) {
  core::ByteWriter out(max_payload);
  put(out, {message.tag, message.status, message.console_session});
  if (message.status == RmcpStatus::ok) out.bytes(message.code);
  return std::move(out).finish();
}

std::expected<OpenSessionRequest, IpmiError> decode_open_session_request(core::ByteView payload) {
  core::ByteReader in(payload);
  OpenSessionRequest out;
  out.tag = in.u8().value_or(0);
  out.max_privilege = in.u8().value_or(0) & 0x0f;
  (void)in.skip(2);
  out.console_session = in.u32le().value_or(0);
  const auto algorithms = take_algorithms(in);
  if (!algorithms) return std::unexpected(algorithms.error());
  out.algorithms = *algorithms;
  return out;
}

std::expected<OpenSessionResponse, IpmiError> decode_open_session_response(core::ByteView payload) {
  core::ByteReader in(payload);
  OpenSessionResponse out;
  out.tag = in.u8().value_or(0);
  out.status = static_cast<RmcpStatus>(in.u8().value_or(0));
  const std::uint8_t privilege = in.u8().value_or(0);
  (void)in.skip(1);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  out.console_session = in.u32le().value_or(0);
  // A refusal may end after the console's session id, or before it (seen), or carry the rest.
  if (out.status != RmcpStatus::ok) return out;
  out.max_privilege = privilege & 0x0f;
  out.bmc_session = in.u32le().value_or(0);
  const auto algorithms = take_algorithms(in);
  if (!algorithms) return std::unexpected(algorithms.error());
  out.algorithms = *algorithms;
  return out;
}

std::expected<Rakp1, IpmiError> decode_rakp1(core::ByteView payload) {
  core::ByteReader in(payload);
  Rakp1 out;
  out.tag = in.u8().value_or(0);
  (void)in.skip(3);
  out.bmc_session = in.u32le().value_or(0);
  (void)take_nonce(in, out.console_random);
  out.role = in.u8().value_or(0);
  (void)in.skip(2);
  const std::size_t length = in.u8().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  if (length > max_username) return std::unexpected(IpmiError::bad_payload);
  const auto username = in.take(length);
  if (!username) return std::unexpected(IpmiError::truncated);
  if (!in.at_end()) return std::unexpected(IpmiError::trailing_bytes);
  out.username = core::as_text(*username);
  return out;
}

std::expected<Rakp2, IpmiError> decode_rakp2(core::ByteView payload, CipherSuite suite) {
  core::ByteReader in(payload);
  const auto preamble = take_preamble(in);
  if (!preamble) return std::unexpected(preamble.error());
  Rakp2 out{.tag = preamble->tag, .status = preamble->status, .console_session = preamble->session};
  if (out.status != RmcpStatus::ok) return out;
  if (!take_nonce(in, out.bmc_random) || !take_nonce(in, out.bmc_guid)) {
    return std::unexpected(IpmiError::truncated);
  }
  auto code = take_code(in, digest_length(suite));
  if (!code) return std::unexpected(code.error());
  out.code = std::move(*code);
  return out;
}

std::expected<Rakp3, IpmiError> decode_rakp3(core::ByteView payload, CipherSuite suite) {
  core::ByteReader in(payload);
  const auto preamble = take_preamble(in);
  if (!preamble) return std::unexpected(preamble.error());
  Rakp3 out{.tag = preamble->tag, .status = preamble->status, .bmc_session = preamble->session};
  if (out.status != RmcpStatus::ok) return out;
  auto code = take_code(in, digest_length(suite));
  if (!code) return std::unexpected(code.error());
  out.code = std::move(*code);
  return out;
}

std::expected<Rakp4, IpmiError> decode_rakp4(core::ByteView payload, CipherSuite suite) {
  core::ByteReader in(payload);
  const auto preamble = take_preamble(in);
  if (!preamble) return std::unexpected(preamble.error());
  Rakp4 out{.tag = preamble->tag, .status = preamble->status, .console_session = preamble->session};
  if (out.status != RmcpStatus::ok) return out;
  auto code = take_code(in, integrity_length(suite));
  if (!code) return std::unexpected(code.error());
  out.code = std::move(*code);
  return out;
}

HandshakeCodes::HandshakeCodes(const HandshakeContext& context, const core::Secret& password)
    : suite_(context.suite), rakp4_length_(integrity_length(context.suite)) {
  const auto console_session = le32(context.console_session);
  const auto bmc_session = le32(context.bmc_session);
  const std::array role{context.role};
  const std::array name_length{static_cast<core::Byte>(context.username.size())};
  const core::ByteView username = core::as_bytes(context.username);
  // The user key is the password, zero-padded to 20 bytes; HMAC pads with zeroes itself.
  const HmacKey user_key(context.suite, core::as_bytes(password.reveal()));
  rakp2_ = user_key.mac({console_session, bmc_session, context.console_random, context.bmc_random,
                         context.bmc_guid, role, name_length, username});
  rakp3_ = user_key.mac({context.bmc_random, console_session, role, name_length, username});
  const Digest sik = user_key.mac({context.console_random, context.bmc_random, role, name_length, username});
  const HmacKey session_key(context.suite, sik.view());
  rakp4_ = session_key.mac({context.console_random, bmc_session, context.bmc_guid});
  // Section 13.32 speaks of constants of the HMAC's block size; every implementation uses 20 bytes.
  std::array<core::Byte, 20> constant{};
  constant.fill(1);
  k1_ = session_key.mac({constant});
  constant.fill(2);
  k2_ = session_key.mac({constant});
}

SessionKeys HandshakeCodes::session_keys() const {
  return SessionKeys(suite_, k1_.view(), k2_.view());
}

}  // namespace colony::drivers::ipmi
