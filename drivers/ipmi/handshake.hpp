#pragma once
// Open Session and RAKP 1-4: the six messages that establish a session (IPMI 2.0 sections 13.17-13.24), as
// values, and the codes in them (sections 13.28, 13.31, 13.32). Both sides of the wire.

#include <array>
#include <cstdint>
#include <expected>
#include <string>

#include "core/bytes.hpp"
#include "core/secret.hpp"
#include "drivers/ipmi/cipher_suite.hpp"
#include "drivers/ipmi/crypto.hpp"
#include "drivers/ipmi/error.hpp"
#include "drivers/ipmi/record.hpp"

namespace colony::drivers::ipmi {

inline constexpr std::size_t max_username = 16;
inline constexpr std::size_t max_password = 20;

enum class Privilege : std::uint8_t { callback = 1, user = 2, operator_ = 3, administrator = 4 };

/// Table 13-15. Numbers outside it are kept as they came.
enum class RmcpStatus : std::uint8_t {
  ok = 0x00,
  insufficient_resources = 0x01,
  invalid_session_id = 0x02,
  invalid_payload_type = 0x03,
  invalid_authentication_algorithm = 0x04,
  invalid_integrity_algorithm = 0x05,
  no_matching_authentication = 0x06,
  no_matching_integrity = 0x07,
  inactive_session_id = 0x08,
  invalid_role = 0x09,
  unauthorized_role = 0x0a,
  insufficient_resources_for_role = 0x0b,
  invalid_name_length = 0x0c,
  unauthorized_name = 0x0d,
  unauthorized_guid = 0x0e,
  invalid_integrity_value = 0x0f,
  invalid_confidentiality_algorithm = 0x10,
  no_cipher_suite_match = 0x11,
  illegal_parameter = 0x12,
};

/// What a status other than `ok` means to a console.
[[nodiscard]] IpmiError meaning(RmcpStatus status);

using Nonce = std::array<core::Byte, 16>;

struct OpenSessionRequest {
  std::uint8_t tag = 0;
  std::uint8_t max_privilege = 0;  // 0: as high as the suite allows
  std::uint32_t console_session = 0;
  SuiteAlgorithms algorithms{};
};

struct OpenSessionResponse {
  std::uint8_t tag = 0;
  RmcpStatus status = RmcpStatus::ok;
  std::uint8_t max_privilege = 0;  // some BMCs send 0; nothing is decided by it
  std::uint32_t console_session = 0;
  std::uint32_t bmc_session = 0;  // and the rest: only with status ok
  SuiteAlgorithms algorithms{};
};

struct Rakp1 {
  std::uint8_t tag = 0;
  std::uint32_t bmc_session = 0;
  Nonce console_random{};
  std::uint8_t role = 0;  // the whole byte: privilege, and 10h for lookup by name only
  std::string username;
};

struct Rakp2 {
  std::uint8_t tag = 0;
  RmcpStatus status = RmcpStatus::ok;
  std::uint32_t console_session = 0;
  Nonce bmc_random{};  // and the rest: only with status ok
  Nonce bmc_guid{};
  core::Bytes code{};
};

struct Rakp3 {
  std::uint8_t tag = 0;
  RmcpStatus status = RmcpStatus::ok;
  std::uint32_t bmc_session = 0;
  core::Bytes code{};  // only with status ok
};

struct Rakp4 {
  std::uint8_t tag = 0;
  RmcpStatus status = RmcpStatus::ok;
  std::uint32_t console_session = 0;
  core::Bytes code{};  // only with status ok
};

[[nodiscard]] core::Bytes encode(const OpenSessionRequest& message);
[[nodiscard]] core::Bytes encode(const OpenSessionResponse& message);
[[nodiscard]] core::Bytes encode(const Rakp1& message);
[[nodiscard]] core::Bytes encode(const Rakp2& message);
[[nodiscard]] core::Bytes encode(const Rakp3& message);
[[nodiscard]] core::Bytes encode(const Rakp4& message);

[[nodiscard]] std::expected<OpenSessionRequest, IpmiError> decode_open_session_request(
    core::ByteView payload);
[[nodiscard]] std::expected<OpenSessionResponse, IpmiError> decode_open_session_response(
    core::ByteView payload);
[[nodiscard]] std::expected<Rakp1, IpmiError> decode_rakp1(core::ByteView payload);
[[nodiscard]] std::expected<Rakp2, IpmiError> decode_rakp2(core::ByteView payload, CipherSuite suite);
[[nodiscard]] std::expected<Rakp3, IpmiError> decode_rakp3(core::ByteView payload, CipherSuite suite);
[[nodiscard]] std::expected<Rakp4, IpmiError> decode_rakp4(core::ByteView payload, CipherSuite suite);

/// Whose answer is it? A refusal may leave the console's session id out (0): a BMC that knows no session
/// cannot know it. OpenBMC leaves the tag 0, too. Anybody can send such a refusal, for tags can be guessed.
enum class Answers : std::uint8_t { us, perhaps_us, others };
/// `answer` is an Open Session Response, a RAKP 2 or a RAKP 4.
template <class Answer>
[[nodiscard]] Answers answers(const Answer& answer, std::uint8_t tag, std::uint32_t console_session) {
  if (answer.console_session == console_session && answer.tag == tag) return Answers::us;
  const bool refusal = answer.status != RmcpStatus::ok && answer.console_session == 0;
  return refusal && (answer.tag == tag || answer.tag == 0) ? Answers::perhaps_us : Answers::others;
}

/// Everything both sides put into the codes.
struct HandshakeContext {
  CipherSuite suite = CipherSuite::sha256_aes;
  std::uint32_t console_session = 0;
  std::uint32_t bmc_session = 0;
  Nonce console_random{};
  Nonce bmc_random{};
  Nonce bmc_guid{};
  std::uint8_t role = 0;
  std::string username;
};

/// The codes of one handshake under one password. A BMC key (KG) other than the password is not supported: no
/// documented Colony set-up has one.
class HandshakeCodes {
 public:
  HandshakeCodes(const HandshakeContext& context, const core::Secret& password);
  [[nodiscard]] core::ByteView rakp2() const { return rakp2_.view(); }
  [[nodiscard]] core::ByteView rakp3() const { return rakp3_.view(); }
  [[nodiscard]] core::ByteView rakp4() const { return rakp4_.first(rakp4_length_); }
  [[nodiscard]] SessionKeys session_keys() const;

 private:
  CipherSuite suite_;
  Digest rakp2_;
  Digest rakp3_;
  Digest rakp4_;
  std::size_t rakp4_length_;
  Digest k1_;
  Digest k2_;
};

}  // namespace colony::drivers::ipmi
