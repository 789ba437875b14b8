#pragma once
// What is stored of users, keys and who did what. The store keeps them (daemon/store); the interface lives
// here, with its user.

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/sha256.hpp"
#include "daemon/keys/key_text.hpp"
#include "daemon/keys/scopes.hpp"

namespace colony::daemon::keys {

struct UserRow {
  std::string name;
  Role role = Role::viewer;
  std::string description;
  std::string password_hash;    // password.hpp; empty: no log-in
  core::Secret totp_secret;     // as bytes, sealed at rest; empty: no second factor
  bool totp_confirmed = false;  // false with a secret: made, and no code of it was seen yet
  std::uint64_t totp_last_step = 0;
  bool disabled = false;  // neither logs in nor do its keys count
  std::string created_by;
  core::UtcTime created_at;

  [[nodiscard]] UserRow clone() const;
  [[nodiscard]] bool has_second_factor() const { return totp_confirmed && !totp_secret.empty(); }
};

struct KeyRow {
  KeyId id;
  core::Sha256Digest hash;  // keyed_hash of the whole text
  std::string name, description;
  std::string owner;       // a user's name
  std::string created_by;  // Caller::to_string()
  Scopes scopes;
  core::UtcTime created_at;
  std::optional<core::UtcTime> expires_at, revoked_at, last_used_at;
  std::string last_used_from;     // an address, or "socket"
  std::optional<KeyId> replaces;  // by rotation
};

enum class KeyStatus : std::uint8_t { active, revoked, expired };
[[nodiscard]] std::string_view name(KeyStatus status);
[[nodiscard]] KeyStatus status_of(const KeyRow& key, core::UtcTime now);

/// The act of an open route, which strangers ask as well: its lines never push out those of other acts.
inline constexpr std::string_view login_act = "login";

/// Ends what lives in memory only: noted afterwards, also while the log cannot be written.
inline constexpr std::string_view logout_act = "logout";

/// One line of the audit log: who asked for what, and what came of it.
struct AuditRow {
  std::uint64_t id = 0;  // growing; given by the store
  core::UtcTime at;
  std::string who;      // Caller::to_string()
  std::string from;     // an address, or "socket"
  std::string act;      // "wipe", "api-key.create"
  std::string subject;  // an asset, a key's id, a user
  unsigned status = 0;  // of the HTTP answer; 0: begun
  std::string request_id;
};

/// All or nothing.
struct AccessChange {
  std::vector<UserRow> users;
  std::vector<KeyRow> keys;
  std::vector<std::string> forgotten_users;
  std::vector<KeyId> forgotten_keys;
  std::vector<AuditRow> audit;
  std::vector<AuditRow> outcomes;  // of rows that were begun, by all but id and status
  core::Secret hash_key;           // set once, at the first start
  [[nodiscard]] bool empty() const {
    return users.empty() && keys.empty() && forgotten_users.empty() && forgotten_keys.empty() &&
           audit.empty() && outcomes.empty() && hash_key.empty();
  }
};

struct AccessSnapshot {
  std::vector<UserRow> users;
  std::vector<KeyRow> keys;
  core::Secret hash_key;  // empty: there is none yet
};

}  // namespace colony::daemon::keys
