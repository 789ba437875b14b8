#pragma once
// Tokens that need no memory: each is made from one sealed key and what it stands for, so that it is the same
// again after a restart, and only its hash is ever journaled.
//
// A boot token carries its claims, authenticated: which machine was given it, for which intent, which boot of
// that machine. Hex: MAC(6) intent(16) number(8) epoch(8) HMAC-SHA-256(32). Wipe and config tokens are the
// HMAC of purpose and intent id.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "core/sha256.hpp"

namespace colony::workflows {

/// RFC 2104 over SHA-256.
[[nodiscard]] core::Sha256Digest hmac_sha256(std::string_view key, core::ByteView message);

struct BootClaims {
  core::MacAddress mac;
  core::IntentId intent;     // zero when the machine booted by itself
  std::uint64_t number = 0;  // grows with every boot
  core::Epoch epoch;
  friend bool operator==(const BootClaims&, const BootClaims&) = default;
};

class Tokens {
 public:
  Tokens() = default;
  void set_key(core::Secret key) { key_ = std::move(key); }

  [[nodiscard]] std::string boot(const BootClaims& claims) const;
  [[nodiscard]] std::optional<BootClaims> verify_boot(std::string_view token) const;
  /// `purpose`: "wipe" or "config".
  [[nodiscard]] std::string of_intent(std::string_view purpose, const core::IntentId& intent) const;

 private:
  core::Secret key_;
};

}  // namespace colony::workflows
