// Users, their second factor, and logging in.
#include <algorithm>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/keys/key_ring.hpp"
#include "daemon/keys/password.hpp"
#include "daemon/keys/totp.hpp"

namespace colony::daemon::keys {

using core::ErrorKind;
using core::Result;

namespace {

constexpr std::size_t longest_user = 32;
constexpr std::size_t longest_description = 256;

bool is_user_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= longest_user && text.front() >= 'a' && text.front() <= 'z' &&
         std::ranges::all_of(text, fits);
}

/// A service has keys only: a password would be one more way in that nobody watches.
Result<> check_password_fits_role(const UserRow& row) {
  if (row.role != Role::service || row.password_hash.empty()) return {};
  return core::fail(ErrorKind::invalid_input, "user.role", "a service account has keys and no password");
}

std::unexpected<core::Error> description_too_long() {
  return core::fail(ErrorKind::invalid_input, "user.name",
                    fmt::format("a description has at most {} bytes", longest_description));
}

std::unexpected<core::Error> more_than_own(Role role, Scopes own) {
  return core::fail(
      ErrorKind::refused, "api.forbidden",
      fmt::format("nobody gives out or changes what he does not have: the role {} has {}, you have {}",
                  name(role), scopes_of(role).to_string(), own.empty() ? "none" : own.to_string()));
}

core::ByteView secret_bytes(const UserRow& row) {
  return core::as_bytes(row.totp_secret.reveal());
}

/// Whoever found a screen unlocked, or a token, does not make the account his own, nor locks its owner out.
/// `asked`: what to say when no password was given.
Result<> check_is_there(const Caller& caller, const UserRow& row, const std::optional<Compared>& given,
                        std::string_view asked) {
  if (!KeyRing::is_oneself(caller, row.name) || row.password_hash.empty()) return {};
  if (given && given->fits && given->hash == row.password_hash) return {};
  return core::fail(ErrorKind::invalid_input, "user.old_password",
                    given ? "what was given is not the password of now" : std::string(asked));
}

}  // namespace

const UserRow* KeyRing::find_user(std::string_view user_name) const {
  const auto found = users_.find(user_name);
  return found == users_.end() ? nullptr : &found->second;
}

AccessChange KeyRing::changed(const UserRow& row) {
  ++revision_;
  AccessChange change;
  change.users.push_back(row.clone());
  users_.insert_or_assign(row.name, row.clone());
  return change;
}

void KeyRing::end_sessions_of(const std::string& user) {
  std::erase_if(sessions_, [&](const auto& each) { return each.second.user == user; });
}

Result<UserRow> KeyRing::managed_user(const Caller& caller, const std::string& user_name, Own own) const {
  const bool oneself =
      own == Own::yes && caller.through == Caller::Through::login && caller.user == user_name;
  if (!oneself && !caller.may(Scope::admin)) {
    return core::fail(ErrorKind::refused, "api.forbidden", "users are managed with the scope admin");
  }
  const auto* const found = find_user(user_name);
  if (found == nullptr) {
    return core::fail(
        ErrorKind::not_found, "user.not_found",
        fmt::format("no user {}; colony users list shows them", core::printable(user_name, longest_user)));
  }
  if (user_name == built_in_user) {
    return core::fail(ErrorKind::conflict, "user.built_in",
                      "the user local stands for the unix socket, and stays as it is");
  }
  return found->clone();
}

Result<UserRow> KeyRing::changeable_user(const Caller& caller, const std::string& user_name, Own own) const {
  auto row = managed_user(caller, user_name, own);
  if (row && !scopes_of(row->role).within(caller.scopes)) return more_than_own(row->role, caller.scopes);
  return row;
}

Result<Made<UserRow>> KeyRing::create_user(const Caller& caller, const NewUser& wish, core::UtcTime now) {
  if (!caller.may(Scope::admin)) {
    return core::fail(ErrorKind::refused, "api.forbidden", "users are made with the scope admin");
  }
  if (!scopes_of(wish.role).within(caller.scopes)) return more_than_own(wish.role, caller.scopes);
  if (!is_user_name(wish.name)) {
    return core::fail(
        ErrorKind::invalid_input, "user.name",
        fmt::format("a user's name has 1 to {} of a-z 0-9 . _ - and begins with a letter", longest_user));
  }
  if (wish.description.size() > longest_description) return description_too_long();
  if (users_.contains(wish.name)) {
    return core::fail(ErrorKind::conflict, "user.exists", fmt::format("there is a user {}", wish.name));
  }
  if (users_.size() >= most_users) {
    return core::fail(ErrorKind::exhausted, "user.too_many", fmt::format("there are {} users", most_users));
  }
  UserRow row;
  row.name = wish.name;
  row.role = wish.role;
  row.description = wish.description;
  row.password_hash = wish.password_hash;
  row.created_by = caller.to_string();
  row.created_at = now;
  if (auto fine = check_password_fits_role(row); !fine) return std::unexpected(fine.error());
  auto change = changed(row);
  return Made<UserRow>{std::move(row), std::move(change)};
}

Result<Made<UserRow>> KeyRing::change_user(const Caller& caller, const std::string& user_name,
                                           const UserPatch& patch) {
  const bool of_administrators = patch.role || patch.disabled;
  auto row = changeable_user(caller, user_name, of_administrators ? Own::no : Own::yes);
  if (!row) return std::unexpected(row.error());
  if (patch.role && !scopes_of(*patch.role).within(caller.scopes))
    return more_than_own(*patch.role, caller.scopes);
  if (patch.description && patch.description->size() > longest_description) return description_too_long();
  if (patch.password_hash) {
    auto there = check_is_there(caller, *row, patch.old_password,
                                "whoever changes his own password gives the old one: old_password");
    if (!there) return std::unexpected(there.error());
  }
  row->description = patch.description.value_or(row->description);
  row->role = patch.role.value_or(row->role);
  row->disabled = patch.disabled.value_or(row->disabled);
  row->password_hash = patch.password_hash.value_or(row->password_hash);
  if (auto fine = check_password_fits_role(*row); !fine) return std::unexpected(fine.error());
  auto change = changed(*row);
  // Whoever took a password or a token along is out with this.
  end_sessions_of(user_name);
  return Made<UserRow>{std::move(*row), std::move(change)};
}

Result<AccessChange> KeyRing::delete_user(const Caller& caller, const std::string& user_name) {
  const auto row = managed_user(caller, user_name, Own::no);
  if (!row) return std::unexpected(row.error());
  AccessChange change;
  for (const auto& [id, kept] : keys_) {
    if (kept.row.owner == user_name) change.forgotten_keys.push_back(id);
  }
  for (const auto& id : change.forgotten_keys) keys_.erase(id);
  change.forgotten_users.push_back(user_name);
  end_sessions_of(user_name);
  users_.erase(user_name);
  ++revision_;
  return change;
}

Result<UserRow> KeyRing::user(const Caller& caller, const std::string& user_name) const {
  const auto* const local = find_user(built_in_user);
  if (user_name == built_in_user && caller.may(Scope::admin) && local != nullptr) return local->clone();
  return managed_user(caller, user_name, Own::yes);
}

std::vector<UserRow> KeyRing::list_users(const Caller& caller) const {
  std::vector<UserRow> out;
  for (const auto& [user_name, row] : users_) {
    const bool oneself = caller.through == Caller::Through::login && user_name == caller.user;
    if (caller.may(Scope::admin) || oneself) out.push_back(row.clone());
  }
  return out;
}

Result<AccessChange> KeyRing::begin_totp(const Caller& caller, const std::string& user_name,
                                         core::Secret secret, const std::optional<Compared>& password) {
  auto row = changeable_user(caller, user_name, Own::yes);
  if (!row) return std::unexpected(row.error());
  auto there = check_is_there(caller, *row, password,
                              "whoever begins a second factor of his own gives his password: password");
  if (!there) return std::unexpected(there.error());
  if (row->password_hash.empty()) {
    return core::fail(ErrorKind::conflict, "user.totp_state", "this user has no password to log in with");
  }
  if (row->has_second_factor()) {
    return core::fail(ErrorKind::conflict, "user.totp_state",
                      "this user has a second factor already: remove it first");
  }
  row->totp_secret = std::move(secret);
  row->totp_last_step = 0;
  return changed(*row);
}

Result<AccessChange> KeyRing::confirm_totp(const Caller& caller, const std::string& user_name,
                                           std::string_view code, core::UtcTime now) {
  auto row = changeable_user(caller, user_name, Own::yes);
  if (!row) return std::unexpected(row.error());
  if (row->totp_secret.empty() || row->totp_confirmed) {
    return core::fail(ErrorKind::conflict, "user.totp_state", "no second factor waits for its first code");
  }
  const auto number = parse_totp_code(code);
  const auto step = number ? match_totp(secret_bytes(*row), *number, now, row->totp_last_step) : std::nullopt;
  if (!step) {
    return core::fail(ErrorKind::invalid_input, "user.totp_code",
                      "this is not the code of now: look at the clocks of both ends");
  }
  row->totp_confirmed = true;
  row->totp_last_step = *step;
  return changed(*row);
}

Result<AccessChange> KeyRing::end_totp(const Caller& caller, const std::string& user_name,
                                       std::string_view code, core::UtcTime now) {
  auto row = changeable_user(caller, user_name, Own::yes);
  if (!row) return std::unexpected(row.error());
  if (row->has_second_factor() && is_oneself(caller, user_name)) {
    const auto number = parse_totp_code(code);
    if (!number || !match_totp(secret_bytes(*row), *number, now, row->totp_last_step)) {
      return core::fail(ErrorKind::invalid_input, "user.totp_code",
                        code.empty() ? "whoever removes his own second factor gives a code of it: code"
                                     : "this is not the code of now, or it was used");
    }
  }
  row->totp_secret = {};
  row->totp_confirmed = false;
  row->totp_last_step = 0;
  return changed(*row);
}

bool KeyRing::is_oneself(const Caller& caller, std::string_view user_name) {
  const bool by_credential =
      caller.through == Caller::Through::login || caller.through == Caller::Through::key;
  return by_credential && caller.user == user_name;
}

std::optional<core::Duration> KeyRing::begin_login(const Attempt& attempt, core::BootTime now) {
  if (const auto wait = logins_.wait(attempt, now)) return wait;
  if (const auto wait = logins_of_name_.wait(attempt.name, now)) return wait;
  logins_.count(attempt, now);
  logins_of_name_.count(attempt.name, now);
  return std::nullopt;
}

void KeyRing::make_room_for_session(const std::string& user, core::BootTime now) {
  std::erase_if(sessions_, [&](const auto& each) { return each.second.ends <= now; });
  const auto end_oldest = [this](const auto& counts) {
    auto oldest = sessions_.end();
    for (auto each = sessions_.begin(); each != sessions_.end(); ++each) {
      if (!counts(each->second)) continue;
      if (oldest == sessions_.end() || each->second.ends < oldest->second.ends) oldest = each;
    }
    if (oldest != sessions_.end()) sessions_.erase(oldest);
  };
  const auto theirs = [&](const OpenSession& session) { return session.user == user; };
  const auto count = std::ranges::count_if(sessions_, [&](const auto& each) { return theirs(each.second); });
  if (static_cast<std::size_t>(count) >= most_sessions_per_user) end_oldest(theirs);
  if (sessions_.size() >= most_sessions) end_oldest([](const OpenSession&) { return true; });
}

std::string KeyRing::password_hash_of(const std::string& user_name) const {
  const auto* const row = find_user(user_name);
  return row == nullptr || row->disabled || row->password_hash.empty() ? nobodys_password()
                                                                       : row->password_hash;
}

std::expected<Made<Session>, Refusal> KeyRing::finish_login(const Attempt& attempt, const Compared& password,
                                                            std::string_view code, Now now,
                                                            core::Random& random) {
  const auto& user_name = attempt.name;
  const auto* const found = find_user(user_name);
  // Also when the password was changed while it was compared.
  if (!password.fits || found == nullptr || found->disabled || found->password_hash.empty() ||
      found->password_hash != password.hash) {
    return std::unexpected(Refusal{"login.refused", "the name, the password or the code is wrong"});
  }
  AccessChange change;
  auto row = found->clone();
  if (row.has_second_factor()) {
    // Only whoever knows the password learns that a code is asked for.
    if (code.empty())
      return std::unexpected(Refusal{"login.totp_needed", "a second factor is on: give its code"});
    const auto number = parse_totp_code(code);
    const auto step =
        number ? match_totp(secret_bytes(row), *number, now.utc, row.totp_last_step) : std::nullopt;
    if (!step)
      return std::unexpected(Refusal{"login.refused", "the name, the password or the code is wrong"});
    row.totp_last_step = *step;  // this code counts no second time
    change = changed(row);
  }
  logins_.forgive(attempt);  // not those of the name: they are also everybody else's
  make_room_for_session(user_name, now.boot);
  KeyId id;
  do {
    id = KeyId::random(random);
  } while (keys_.contains(id) || sessions_.contains(id));
  auto token = make_key(KeyKind::login_token, id, random);
  sessions_.emplace(
      id, OpenSession{keyed_hash(hash_key_, token.reveal()), user_name, now.boot + session_length, {}});
  const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(session_length);
  Caller caller{.through = Caller::Through::login,
                .user = user_name,
                .scopes = scopes_of(row.role),
                .key = id,
                .uid = 0};
  return Made<Session>{{std::move(token), now.utc + length, std::move(caller)}, std::move(change)};
}

std::expected<Caller, Refusal> KeyRing::authenticate_session(const KeyId& id, const core::Sha256Digest& hash,
                                                             core::BootTime now) const {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !same_hash(found->second.hash, hash) || found->second.ends <= now) {
    return std::unexpected(Refusal{"login.over", "no such log-in token, or it is over: log in again"});
  }
  const auto* const row = find_user(found->second.user);
  if (row == nullptr || row->disabled)
    return std::unexpected(Refusal{"user.disabled", "this user is disabled"});
  return Caller{.through = Caller::Through::login,
                .user = row->name,
                .scopes = scopes_of(row->role),
                .key = id,
                .uid = 0};
}

void KeyRing::log_out(const Caller& caller) {
  if (caller.through == Caller::Through::login) sessions_.erase(caller.key);
}

}  // namespace colony::daemon::keys
