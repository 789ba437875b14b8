#pragma once
// Passwords of people: scrypt (RFC 7914) with N = 2^15, r = 8, p = 1, 32 MiB and about a tenth of a second,
// so that a stolen table is slow to try. Blocking: for the pool, never for the loop.

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace colony::daemon::keys {

inline constexpr std::size_t least_password = 12;
inline constexpr std::size_t longest_password = 256;
inline constexpr std::size_t salt_bytes = 16;

/// What is wrong with a new password: user.password (invalid_input). Never quotes it.
[[nodiscard]] core::Result<> check_new_password(std::string_view password);

/// "scrypt$15$8$1$SALT$HASH", salt and hash in hex: what is stored.
[[nodiscard]] std::string hash_password(std::string_view password, core::ByteView salt);
/// False also when what is stored has no form of ours.
[[nodiscard]] bool verify_password(std::string_view password, std::string_view stored);
/// Of nobody: what an unknown name is compared with, so that it takes as long as a known one.
[[nodiscard]] std::string nobodys_password();

}  // namespace colony::daemon::keys
