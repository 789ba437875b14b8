#pragma once
// The text of a key: a prefix, twelve hex digits that name it, '_', and forty hex digits that prove it (160
// random bits). `cl-` are the appliance's own API keys, `ct-` log-in tokens; the hosted side's begin with
// `cd-`, so that one taken for the other is noticed by eye.

#include <compare>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "core/secret.hpp"
#include "core/sha256.hpp"

namespace colony::daemon::keys {

/// Twelve lower-case hex digits. No secret: lists and the audit log show it.
class KeyId {
 public:
  KeyId() = default;
  [[nodiscard]] static std::optional<KeyId> parse(std::string_view text);
  [[nodiscard]] static KeyId random(core::Random& random);
  [[nodiscard]] const std::string& to_string() const { return text_; }
  friend auto operator<=>(const KeyId&, const KeyId&) = default;

 private:
  explicit KeyId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

enum class KeyKind : std::uint8_t { api_key, login_token };

enum class KeyTextError : std::uint8_t {
  empty,
  blanks,  // blanks or line ends inside or around it: copied with too much
  prefix,  // neither cl- nor ct-
  hosted,  // cd-: a key of the hosted side's
  truncated,
  form,
};
/// In words, without the key.
[[nodiscard]] std::string_view name(KeyTextError error);

struct KeyText {
  KeyKind kind = KeyKind::api_key;
  KeyId id;
};
[[nodiscard]] std::expected<KeyText, KeyTextError> parse_key(std::string_view text);

/// A new key with 160 random bits.
[[nodiscard]] core::Secret make_key(KeyKind kind, const KeyId& id, core::Random& random);
/// "cl-c1d1e981b67e_****": what lists show.
[[nodiscard]] std::string masked(KeyKind kind, const KeyId& id);

/// HMAC-SHA-256 (RFC 2104) of the whole text: what is stored instead of the key. A key is random enough that
/// a fast hash suffices; the keyed one makes a stolen table of no use without the store's own key.
[[nodiscard]] core::Sha256Digest keyed_hash(const core::Secret& hash_key, std::string_view text);
[[nodiscard]] bool same_hash(const core::Sha256Digest& a, const core::Sha256Digest& b);

}  // namespace colony::daemon::keys
