#include "daemon/keys/key_text.hpp"

#include <algorithm>
#include <cassert>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace colony::daemon::keys {

namespace {

constexpr std::size_t id_digits = 12;
constexpr std::size_t secret_digits = 40;
constexpr std::size_t prefix_length = 3;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view prefix(KeyKind kind) {
  return kind == KeyKind::api_key ? "cl-" : "ct-";
}

}  // namespace

std::optional<KeyId> KeyId::parse(std::string_view text) {
  if (text.size() != id_digits || !is_hex(text)) return std::nullopt;
  return KeyId(std::string(text));
}

KeyId KeyId::random(core::Random& random) {
  return KeyId(random.token(4 * id_digits));
}

std::string_view name(KeyTextError error) {
  switch (error) {
    case KeyTextError::empty: return "the key is empty";
    case KeyTextError::blanks: return "the key holds a blank or a line end: was it copied with too much?";
    case KeyTextError::prefix: return "keys of this appliance begin with cl-, log-in tokens with ct-";
    case KeyTextError::hosted:
      return "this is a key of the hosted Colony; keys of this appliance begin with cl- (colony api-keys "
             "create)";
    case KeyTextError::truncated: return "the key is too short: was its end cut off?";
    case KeyTextError::form: return "a key is cl-, 12 hexadecimal digits, _ and 40 more";
  }
  return "";
}

std::expected<KeyText, KeyTextError> parse_key(std::string_view text) {
  if (text.empty()) return std::unexpected(KeyTextError::empty);
  if (text.find_first_of(" \t\r\n") != std::string_view::npos) return std::unexpected(KeyTextError::blanks);
  KeyText out;
  if (text.starts_with("cd-")) return std::unexpected(KeyTextError::hosted);
  if (text.starts_with(prefix(KeyKind::login_token))) {
    out.kind = KeyKind::login_token;
  } else if (!text.starts_with(prefix(KeyKind::api_key))) {
    return std::unexpected(KeyTextError::prefix);
  }
  const auto digits = text.substr(prefix_length);
  const bool hex_so_far =
      std::ranges::all_of(digits, [](char c) { return c == '_' || is_hex(std::string_view(&c, 1)); });
  if (digits.size() < id_digits + 1 + secret_digits && hex_so_far)
    return std::unexpected(KeyTextError::truncated);
  if (digits.size() != id_digits + 1 + secret_digits || digits[id_digits] != '_' ||
      !is_hex(digits.substr(id_digits + 1))) {
    return std::unexpected(KeyTextError::form);
  }
  const auto id = KeyId::parse(digits.substr(0, id_digits));
  if (!id) return std::unexpected(KeyTextError::form);
  out.id = *id;
  return out;
}

core::Secret make_key(KeyKind kind, const KeyId& id, core::Random& random) {
  std::string digits = random.token(4 * secret_digits);
  std::string text(prefix(kind));
  text.reserve(text.size() + id_digits + 1 + secret_digits);  // no copy of the secret is left behind
  text.append(id.to_string()).append("_").append(digits);
  core::Secret key(text);
  core::wipe_text(digits);
  core::wipe_text(text);
  return key;
}

std::string masked(KeyKind kind, const KeyId& id) {
  return std::string(prefix(kind)) + id.to_string() + "_****";
}

core::Sha256Digest keyed_hash(const core::Secret& hash_key, std::string_view text) {
  core::Sha256Digest::Octets octets{};
  unsigned length = 0;
  const auto key = core::as_bytes(hash_key.reveal());
  [[maybe_unused]] const auto* const done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), core::as_bytes(text).data(), text.size(),
           octets.data(), &length);
  assert(done != nullptr && length == octets.size());  // fails only without memory
  return core::Sha256Digest(octets);
}

bool same_hash(const core::Sha256Digest& a, const core::Sha256Digest& b) {
  return core::constant_time_equal(core::as_text(a.octets()), core::as_text(b.octets()));
}

}  // namespace colony::daemon::keys
