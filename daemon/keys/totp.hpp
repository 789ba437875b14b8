#pragma once
// Time-based one-time passwords (RFC 6238 on RFC 4226): HMAC-SHA-1, six digits, thirty seconds; what every
// authenticator app understands. The code of one step counts once: the caller keeps the last step taken.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/secret.hpp"

namespace colony::daemon::keys {

inline constexpr std::size_t totp_secret_bytes = 20;  // RFC 4226 section 4, R6: 160 bits
inline constexpr unsigned totp_period_seconds = 30;

/// Six digits; blanks between them are how apps show them.
[[nodiscard]] std::optional<std::uint32_t> parse_totp_code(std::string_view text);

/// The step of a time, and its code.
[[nodiscard]] std::uint64_t totp_step(core::UtcTime time);
[[nodiscard]] std::uint32_t totp_code(core::ByteView secret, std::uint64_t step);

/// The step whose code it is: the present one, the one before or after (clocks differ), and later than
/// `last`, the newest step taken so far. Constant time in the code.
[[nodiscard]] std::optional<std::uint64_t> match_totp(core::ByteView secret, std::uint32_t code,
                                                      core::UtcTime now, std::uint64_t last);

/// RFC 4648 section 6, without padding. Reading takes either case, and blanks between groups.
[[nodiscard]] std::string base32(core::ByteView bytes);
[[nodiscard]] std::optional<core::Bytes> parse_base32(std::string_view text);

/// What an authenticator app reads from a QR code.
[[nodiscard]] core::Secret totp_uri(std::string_view user, std::string_view secret_base32);

}  // namespace colony::daemon::keys
