#pragma once
// The two cipher suites we speak (IPMI 2.0 section 22.15.2). 0-2 lack encryption or authentication and are
// not representable here on purpose.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace colony::drivers::ipmi {

enum class CipherSuite : std::uint8_t {
  sha1_aes = 3,     // RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128
  sha256_aes = 17,  // RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128
};

[[nodiscard]] constexpr std::optional<CipherSuite> parse_cipher_suite(unsigned number) {
  if (number == 3) return CipherSuite::sha1_aes;
  if (number == 17) return CipherSuite::sha256_aes;
  return std::nullopt;
}

/// Algorithm numbers as proposed in an Open Session Request (tables 13-17, 13-18, 13-19).
struct SuiteAlgorithms {
  std::uint8_t authentication = 0;
  std::uint8_t integrity = 0;
  std::uint8_t confidentiality = 0;
  friend bool operator==(const SuiteAlgorithms&, const SuiteAlgorithms&) = default;
};

[[nodiscard]] constexpr SuiteAlgorithms algorithms(CipherSuite suite) {
  return suite == CipherSuite::sha1_aes ? SuiteAlgorithms{1, 1, 1} : SuiteAlgorithms{3, 4, 1};
}

[[nodiscard]] constexpr std::optional<CipherSuite> find_suite(const SuiteAlgorithms& wanted) {
  if (wanted == algorithms(CipherSuite::sha256_aes)) return CipherSuite::sha256_aes;
  if (wanted == algorithms(CipherSuite::sha1_aes)) return CipherSuite::sha1_aes;
  return std::nullopt;
}

/// Bytes of a whole RAKP key exchange code, and of the truncated one on each session datagram and RAKP 4.
[[nodiscard]] constexpr std::size_t digest_length(CipherSuite suite) {
  return suite == CipherSuite::sha1_aes ? 20 : 32;
}
[[nodiscard]] constexpr std::size_t integrity_length(CipherSuite suite) {
  return suite == CipherSuite::sha1_aes ? 12 : 16;
}

}  // namespace colony::drivers::ipmi
