#include "daemon/keys/totp.hpp"

#include <array>
#include <cassert>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace colony::daemon::keys {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint32_t code_modulus = 1'000'000;
constexpr std::size_t code_digits = 6;

}  // namespace

std::optional<std::uint32_t> parse_totp_code(std::string_view text) {
  if (text.size() > 2 * code_digits) return std::nullopt;
  std::uint32_t code = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == ' ') continue;
    if (c < '0' || c > '9' || ++digits > code_digits) return std::nullopt;
    code = code * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (digits != code_digits) return std::nullopt;
  return code;
}

std::uint64_t totp_step(core::UtcTime time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds) / totp_period_seconds;
}

std::uint32_t totp_code(core::ByteView secret, std::uint64_t step) {
  std::array<core::Byte, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<core::Byte>(step >> (8 * (counter.size() - 1 - i)));
  }
  std::array<core::Byte, 20> digest{};
  unsigned length = 0;
  [[maybe_unused]] const auto* const done = HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
                                                 counter.data(), counter.size(), digest.data(), &length);
  assert(done != nullptr && length == digest.size());  // fails only without memory
  // RFC 4226 section 5.3: dynamic truncation.
  const std::size_t offset = digest.back() & 0xf;
  const std::uint32_t number = (static_cast<std::uint32_t>(digest[offset] & 0x7f) << 24) |
                               (static_cast<std::uint32_t>(digest[offset + 1]) << 16) |
                               (static_cast<std::uint32_t>(digest[offset + 2]) << 8) |
                               static_cast<std::uint32_t>(digest[offset + 3]);
  return number % code_modulus;
}

std::optional<std::uint64_t> match_totp(core::ByteView secret, std::uint32_t code, core::UtcTime now,
                                        std::uint64_t last) {
  const std::uint64_t present = totp_step(now);
  std::optional<std::uint64_t> matched;
  for (std::uint64_t step = present == 0 ? 0 : present - 1; step <= present + 1; ++step) {
    // Every step is computed, so that time says nothing about which one fits.
    const bool same = (totp_code(secret, step) ^ code) == 0;
    if (same && step > last) matched = step;
  }
  return matched;
}

std::string base32(core::ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      out.push_back(alphabet[(bits >> held) & 31U]);
    }
    bits &= (1U << held) - 1;
  }
  if (held > 0) out.push_back(alphabet[(bits << (5 - held)) & 31U]);
  return out;
}

std::optional<core::Bytes> parse_base32(std::string_view text) {
  core::Bytes out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == ' ') continue;
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto value = alphabet.find(upper);
    if (value == std::string_view::npos) return std::nullopt;
    ++digits;
    bits = (bits << 5) | static_cast<std::uint32_t>(value);
    held += 5;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<core::Byte>(bits >> held));
    bits &= (1U << held) - 1;
  }
  // A last digit that adds no byte, or bits that are not zero: not what base32() writes.
  const std::size_t rest = digits % 8;
  if (rest == 1 || rest == 3 || rest == 6 || bits != 0) return std::nullopt;
  return out;
}

core::Secret totp_uri(std::string_view user, std::string_view secret_base32) {
  std::string text = fmt::format(
      "otpauth://totp/Colony:{0}?secret={1}&issuer=Colony&algorithm=SHA1&digits={2}&"
      "period={3}",
      user, secret_base32, code_digits, totp_period_seconds);
  core::Secret uri(text);
  core::wipe_text(text);
  return uri;
}

}  // namespace colony::daemon::keys
