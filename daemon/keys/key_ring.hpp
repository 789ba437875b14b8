#pragma once
// Users, keys and log-in tokens, and the rules about them. Pure: time, chance and passwords' verdicts come
// in, changes for the store go out. Memory is ahead of the disk by the changes under way, so a revoked key is
// refused by the very next request; when a change cannot be stored, replace() puts memory back.
//
// Errors (kind, code): api_key.not_found, user.not_found (not_found); api.forbidden (refused): the caller may
// not; api_key.scopes, api_key.expiry, api_key.name, user.name, user.password, user.role, user.totp_code,
// user.old_password (invalid_input); user.exists, user.built_in, api_key.status, user.totp_state (conflict);
// api_key.too_many, user.too_many (exhausted).

#include <expected>
#include <map>
#include <set>

#include "core/attempt_limit.hpp"
#include "core/random.hpp"
#include "daemon/keys/rate_limit.hpp"
#include "daemon/keys/rows.hpp"

namespace colony::daemon::keys {

struct Now {
  core::BootTime boot;
  core::UtcTime utc;
};

/// Who asks.
struct Caller {
  enum class Through : std::uint8_t { nobody, socket, key, login } through = Through::nobody;
  std::string user;  // whose role counts
  Scopes scopes;     // of the key, as far as its owner's role has them
  KeyId key;         // of key and login
  std::uint32_t uid = 0;
  std::string key_made_by =
      {};  // of key: its created_by when it was let in, since the key may be gone by now
  [[nodiscard]] bool may(Scope scope) const { return scopes.contains(scope); }
  /// "uid 0", "key c1d1e981b67e of alice", "alice", "nobody": for logs, and as created_by.
  [[nodiscard]] std::string to_string() const;
};

/// Why a credential does not count. `why` never quotes it.
struct Refusal {
  std::string code, why;
};

struct NewKey {
  std::string name, description;
  std::string owner;             // empty: the caller's own
  std::optional<Scopes> scopes;  // nothing: all of the owner's role
  std::string expires = "90d";   // expiry.hpp
};
struct KeyPatch {
  std::optional<std::string> name, description, expires;
  std::optional<Scopes> scopes;
};
struct NewUser {
  std::string name, description, password_hash;  // hash empty: keys only
  Role role = Role::viewer;
};
/// A password and the stored hash that it was compared with, which may be another by now.
struct Compared {
  std::string hash;
  bool fits = false;
};
struct UserPatch {
  std::optional<std::string> description, password_hash;
  std::optional<Role> role;
  std::optional<bool> disabled;
  std::optional<Compared> old_password;  // whoever changes his own gives it
};

template <class T>
struct Made {
  T value;
  AccessChange change;
};
struct NewKeyText {
  KeyRow key;
  core::Secret text;  // shown once
};
/// Who tries to log in, from where.
struct Attempt {
  std::string name;
  std::string from;  // an address, or "socket"
  friend auto operator<=>(const Attempt&, const Attempt&) = default;
};
struct Session {
  core::Secret token;
  core::UtcTime expires_at;
  Caller caller;
};

class KeyRing {
 public:
  static constexpr std::size_t most_keys = 1000;
  static constexpr std::size_t most_users = 200;
  static constexpr std::size_t most_keys_per_owner = 50;
  static constexpr std::size_t most_sessions = 256;
  static constexpr std::size_t most_sessions_per_user = 8;
  static constexpr core::Duration session_length = std::chrono::hours(1);
  static constexpr core::AttemptRate login_rate{5, std::chrono::minutes(1)};  // of a name from one address
  /// Of a name from everywhere: a stranger alone never gets there and locks a person out.
  static constexpr core::AttemptRate login_rate_of_name{100, std::chrono::seconds(6)};

  /// Owner of what is made over the socket: an administrator without a password, always there.
  static constexpr std::string_view built_in_user = "local";

  explicit KeyRing(AccessSnapshot stored);
  void replace(AccessSnapshot stored);
  [[nodiscard]] std::uint64_t revision() const { return revision_; }  // grows with every change

  [[nodiscard]] static Caller socket_caller(std::uint32_t uid);
  /// Of a key: notes its use.
  [[nodiscard]] std::expected<Caller, Refusal> authenticate(std::string_view credential,
                                                            std::string_view from, Now now);
  /// Whether what was let in would be let in again, to what needs `scope` (a stream outlives its request).
  [[nodiscard]] bool still_valid(const Caller& caller, std::optional<Scope> scope, Now now) const;
  /// Counts a request of a key or a log-in token; see RequestBudget::spend.
  [[nodiscard]] std::optional<core::Duration> spend(const Caller& caller, core::BootTime now);
  /// Keys used since the last call, for the store.
  [[nodiscard]] AccessChange take_used();

  // Keys. Administrators manage every key, people their own by a log-in token; a key may look at itself and
  // revoke or delete itself.
  [[nodiscard]] core::Result<Made<NewKeyText>> create_key(const Caller& caller, const NewKey& wish,
                                                          core::UtcTime now, core::Random& random);
  [[nodiscard]] core::Result<Made<KeyRow>> change_key(const Caller& caller, std::string_view id,
                                                      const KeyPatch& patch, core::UtcTime now);
  /// The old one stays valid for `overlap`, at most until it would have expired. `expires` "": as long as the
  /// old one was made for.
  [[nodiscard]] core::Result<Made<NewKeyText>> rotate_key(const Caller& caller, std::string_view id,
                                                          core::Duration overlap, const std::string& expires,
                                                          core::UtcTime now, core::Random& random);
  [[nodiscard]] core::Result<Made<KeyRow>> revoke_key(const Caller& caller, std::string_view id,
                                                      core::UtcTime now);
  [[nodiscard]] core::Result<AccessChange> delete_key(const Caller& caller, std::string_view id);
  [[nodiscard]] core::Result<KeyRow> key(const Caller& caller, std::string_view id) const;
  /// Those that the caller may see, oldest first; of one owner when named.
  [[nodiscard]] std::vector<KeyRow> list_keys(const Caller& caller, std::string_view owner) const;

  // Users: administrators, who need every scope of the role that is given or changed. A person changes the
  // own password and second factor by a log-in token, and proves once more that he is there: by the password
  // of now, by a code to remove the factor. What an administrator lost, another one gives back.
  [[nodiscard]] core::Result<Made<UserRow>> create_user(const Caller& caller, const NewUser& wish,
                                                        core::UtcTime now);
  [[nodiscard]] core::Result<Made<UserRow>> change_user(const Caller& caller, const std::string& name,
                                                        const UserPatch& patch);
  /// With its keys and log-in tokens.
  [[nodiscard]] core::Result<AccessChange> delete_user(const Caller& caller, const std::string& name);
  [[nodiscard]] core::Result<UserRow> user(const Caller& caller, const std::string& name) const;
  [[nodiscard]] std::vector<UserRow> list_users(const Caller& caller) const;
  /// A new secret, in force once confirm_totp() has seen a code of it. `password` is asked for of one's own.
  [[nodiscard]] core::Result<AccessChange> begin_totp(const Caller& caller, const std::string& name,
                                                      core::Secret secret,
                                                      const std::optional<Compared>& password = {});
  [[nodiscard]] core::Result<AccessChange> confirm_totp(const Caller& caller, const std::string& name,
                                                        std::string_view code, core::UtcTime now);
  /// `code` is asked for of one's own, once it is in force.
  [[nodiscard]] core::Result<AccessChange> end_totp(const Caller& caller, const std::string& name,
                                                    std::string_view code, core::UtcTime now);
  /// Whether he is about to change himself, and has to prove that he is there.
  [[nodiscard]] static bool is_oneself(const Caller& caller, std::string_view name);

  // Logging in, in two parts: between them the password is compared, which takes a pool and time.
  /// How long this one has to wait first. Counts the attempt when it need not.
  [[nodiscard]] std::optional<core::Duration> begin_login(const Attempt& attempt, core::BootTime now);
  /// What to compare with: nobody's when there is no such user, or it may not log in.
  [[nodiscard]] std::string password_hash_of(const std::string& name) const;
  [[nodiscard]] std::expected<Made<Session>, Refusal> finish_login(const Attempt& attempt,
                                                                   const Compared& password,
                                                                   std::string_view code, Now now,
                                                                   core::Random& random);
  void log_out(const Caller& caller);
  /// A good proof that was no log-in: the attempts from there are forgotten.
  void forgive(const Attempt& attempt) { logins_.forgive(attempt); }

 private:
  struct Kept {
    KeyRow row;
    RequestBudget budget;
  };
  struct OpenSession {
    core::Sha256Digest hash;
    std::string user;
    core::BootTime ends;
    RequestBudget budget;
  };
  [[nodiscard]] const UserRow* find_user(std::string_view name) const;
  enum class Own : bool { no, yes };  // whether people may do it to themselves
  [[nodiscard]] core::Result<UserRow> managed_user(const Caller& caller, const std::string& name,
                                                   Own own) const;
  /// As managed_user(), for a change: nobody changes who has scopes that he does not have himself.
  [[nodiscard]] core::Result<UserRow> changeable_user(const Caller& caller, const std::string& name,
                                                      Own own) const;
  /// Room for one more key of `owner`.
  [[nodiscard]] core::Result<> room_for_key(const std::string& owner) const;
  void make_room_for_session(const std::string& user, core::BootTime now);
  /// The key that the caller may manage.
  [[nodiscard]] core::Result<KeyId> managed_key(const Caller& caller, std::string_view id) const;
  [[nodiscard]] std::expected<Caller, Refusal> authenticate_session(const KeyId& id,
                                                                    const core::Sha256Digest& hash,
                                                                    core::BootTime now) const;
  [[nodiscard]] core::Result<Scopes> granted(const Caller& caller, const UserRow& owner,
                                             std::optional<Scopes> wish) const;
  [[nodiscard]] NewKeyText make(KeyRow row, core::Random& random);
  AccessChange changed(const KeyRow& row);
  AccessChange changed(const UserRow& row);
  void end_sessions_of(const std::string& user);

  core::Secret hash_key_;
  std::map<std::string, UserRow, std::less<>> users_;
  std::map<KeyId, Kept> keys_;
  std::map<KeyId, OpenSession> sessions_;
  std::set<KeyId> used_;
  core::AttemptLimit<Attempt> logins_{login_rate};
  core::AttemptLimit<std::string> logins_of_name_{login_rate_of_name};
  std::uint64_t revision_ = 0;
};

}  // namespace colony::daemon::keys
