#include "daemon/keys/password.hpp"

#include <array>
#include <cassert>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/secret.hpp"

namespace colony::daemon::keys {

namespace {

constexpr std::string_view head = "scrypt$15$8$1$";
constexpr std::uint64_t cost = std::uint64_t{1} << 15;
constexpr std::uint64_t block_size = 8;
constexpr std::uint64_t parallel = 1;
constexpr std::uint64_t memory_limit = std::uint64_t{64} << 20;
constexpr std::size_t hash_bytes = 32;

std::array<core::Byte, hash_bytes> derive(std::string_view password, core::ByteView salt) {
  std::array<core::Byte, hash_bytes> out{};
  [[maybe_unused]] const int done =
      EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), cost, block_size, parallel,
                     memory_limit, out.data(), out.size());
  assert(done == 1);  // fails only without memory
  return out;
}

}  // namespace

core::Result<> check_new_password(std::string_view password) {
  if (password.size() >= least_password && password.size() <= longest_password) return {};
  return core::fail(core::ErrorKind::invalid_input, "user.password",
                    fmt::format("a password has {} to {} bytes", least_password, longest_password));
}

std::string hash_password(std::string_view password, core::ByteView salt) {
  const auto hash = derive(password, salt);
  return fmt::format("{}{}${}", head, core::hex(salt), core::hex(hash));
}

bool verify_password(std::string_view password, std::string_view stored) {
  if (!stored.starts_with(head)) return false;
  stored.remove_prefix(head.size());
  const auto dollar = stored.find('$');
  if (dollar == std::string_view::npos) return false;
  const auto salt = core::parse_hex(stored.substr(0, dollar));
  const auto hash = core::parse_hex(stored.substr(dollar + 1));
  if (!salt || !hash || salt->size() != salt_bytes || hash->size() != hash_bytes) return false;
  const auto tried = derive(password, *salt);
  return core::constant_time_equal(core::as_text(tried), core::as_text(*hash));
}

std::string nobodys_password() {
  return fmt::format("{}{}${}", head, std::string(2 * salt_bytes, '0'), std::string(2 * hash_bytes, '0'));
}

}  // namespace colony::daemon::keys
