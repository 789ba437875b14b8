// Who is let in, and keys; users and log-ins are in key_ring_users.cpp.
#include "daemon/keys/key_ring.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/keys/expiry.hpp"

namespace colony::daemon::keys {

using core::ErrorKind;
using core::Result;

namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_description = 256;
constexpr auto longest_overlap = std::chrono::days(30);

std::unexpected<core::Error> no_such_key(std::string_view id) {
  return core::fail(ErrorKind::not_found, "api_key.not_found",
                    fmt::format("no API key {}; colony api-keys list shows them", core::printable(id, 40)));
}

std::unexpected<core::Error> no_such_owner(std::string_view owner) {
  return core::fail(ErrorKind::not_found, "user.not_found",
                    fmt::format("no user {}; colony users list shows them", core::printable(owner)));
}

Result<> check_texts(std::string_view key_name, std::string_view description) {
  if (key_name.empty() || key_name.size() > longest_name || description.size() > longest_description) {
    return core::fail(ErrorKind::invalid_input, "api_key.name",
                      fmt::format("a key has a name of 1 to {} bytes and a description of at most {}",
                                  longest_name, longest_description));
  }
  return {};
}

}  // namespace

std::string Caller::to_string() const {
  switch (through) {
    case Through::nobody: return "nobody";
    case Through::socket: return fmt::format("uid {}", uid);
    case Through::key: return fmt::format("key {} of {}", key.to_string(), user);
    case Through::login: return user;
  }
  return user;
}

KeyRing::KeyRing(AccessSnapshot stored) {
  assert(!stored.hash_key.empty());
  hash_key_ = stored.hash_key.clone();
  replace(std::move(stored));
}

void KeyRing::replace(AccessSnapshot stored) {
  users_.clear();
  std::map<KeyId, Kept> before;
  before.swap(keys_);
  for (auto& row : stored.users) {
    auto user_name = row.name;
    users_.insert_or_assign(std::move(user_name), std::move(row));
  }
  auto& local = users_[std::string(built_in_user)];
  local.name = built_in_user;
  local.role = Role::admin;
  local.description = "whoever may use the unix socket";
  for (auto& row : stored.keys) {
    const auto found = before.find(row.id);
    const RequestBudget budget = found == before.end() ? RequestBudget{} : found->second.budget;
    const auto id = row.id;
    keys_.insert_or_assign(id, Kept{std::move(row), budget});
  }
  std::erase_if(used_, [this](const KeyId& id) { return !keys_.contains(id); });
}

Caller KeyRing::socket_caller(std::uint32_t uid) {
  return {.through = Caller::Through::socket,
          .user = std::string(built_in_user),
          .scopes = scopes_of(Role::admin),
          .key = {},
          .uid = uid};
}

std::expected<Caller, Refusal> KeyRing::authenticate(std::string_view credential, std::string_view from,
                                                     Now now) {
  const auto text = parse_key(credential);
  if (!text) return std::unexpected(Refusal{"api_key.form", std::string(name(text.error()))});
  const auto hash = keyed_hash(hash_key_, credential);
  if (text->kind == KeyKind::login_token) return authenticate_session(text->id, hash, now.boot);
  const auto found = keys_.find(text->id);
  // One answer for an id that is none and a secret that does not fit it.
  if (found == keys_.end() || !same_hash(found->second.row.hash, hash)) {
    return std::unexpected(Refusal{"api_key.unknown", "no such API key here"});
  }
  auto& row = found->second.row;
  switch (status_of(row, now.utc)) {
    case KeyStatus::active: break;
    case KeyStatus::revoked: return std::unexpected(Refusal{"api_key.revoked", "this API key was revoked"});
    case KeyStatus::expired:
      return std::unexpected(Refusal{
          "api_key.expired", fmt::format("this API key expired at {}", core::format_utc(*row.expires_at))});
  }
  const auto* const owner = find_user(row.owner);
  if (owner == nullptr || owner->disabled) {
    return std::unexpected(Refusal{"user.disabled", "the owner of this API key is disabled"});
  }
  row.last_used_at = now.utc;
  row.last_used_from = from;
  used_.insert(row.id);
  return Caller{.through = Caller::Through::key,
                .user = row.owner,
                .scopes = row.scopes.both(scopes_of(owner->role)),
                .key = row.id,
                .uid = 0,
                .key_made_by = row.created_by};
}

bool KeyRing::still_valid(const Caller& caller, std::optional<Scope> scope, Now now) const {
  if (caller.through == Caller::Through::socket) return true;
  if (caller.through == Caller::Through::nobody) return false;
  const auto* const owner = find_user(caller.user);
  if (owner == nullptr || owner->disabled) return false;
  auto scopes = scopes_of(owner->role);
  if (caller.through == Caller::Through::login) {
    const auto session = sessions_.find(caller.key);
    if (session == sessions_.end() || now.boot >= session->second.ends) return false;
  } else {
    const auto found = keys_.find(caller.key);
    if (found == keys_.end() || status_of(found->second.row, now.utc) != KeyStatus::active) return false;
    scopes = scopes.both(found->second.row.scopes);
  }
  return !scope || scopes.contains(*scope);
}

std::optional<core::Duration> KeyRing::spend(const Caller& caller, core::BootTime now) {
  if (const auto found = keys_.find(caller.key); found != keys_.end()) return found->second.budget.spend(now);
  if (const auto found = sessions_.find(caller.key); found != sessions_.end())
    return found->second.budget.spend(now);
  return std::nullopt;
}

AccessChange KeyRing::take_used() {
  AccessChange change;
  for (const auto& id : used_) {
    if (const auto found = keys_.find(id); found != keys_.end()) change.keys.push_back(found->second.row);
  }
  used_.clear();
  return change;
}

AccessChange KeyRing::changed(const KeyRow& row) {
  ++revision_;
  AccessChange change;
  change.keys.push_back(row);
  return change;
}

Result<Scopes> KeyRing::granted(const Caller& caller, const UserRow& owner,
                                std::optional<Scopes> wish) const {
  const auto roles = scopes_of(owner.role);
  // Nobody hands out what he does not have himself.
  const auto most = roles.both(caller.scopes);
  const auto scopes = wish.value_or(most);
  if (!scopes.empty() && scopes.within(most)) return scopes;
  return core::fail(ErrorKind::invalid_input, "api_key.scopes",
                    fmt::format("scopes {}: a key of {} ({}) made by you may have {}", scopes.to_string(),
                                owner.name, name(owner.role), most.empty() ? "none" : most.to_string()));
}

Result<> KeyRing::room_for_key(const std::string& owner) const {
  if (keys_.size() >= most_keys) {
    return core::fail(ErrorKind::exhausted, "api_key.too_many",
                      fmt::format("there are {} API keys already: delete some that are revoked", most_keys));
  }
  const auto theirs =
      std::ranges::count_if(keys_, [&](const auto& each) { return each.second.row.owner == owner; });
  if (static_cast<std::size_t>(theirs) < most_keys_per_owner) return {};
  return core::fail(ErrorKind::exhausted, "api_key.too_many",
                    fmt::format("{} has {} API keys already: delete some that are revoked", owner, theirs));
}

NewKeyText KeyRing::make(KeyRow row, core::Random& random) {
  do {
    row.id = KeyId::random(random);
  } while (keys_.contains(row.id) || sessions_.contains(row.id));
  auto text = make_key(KeyKind::api_key, row.id, random);
  row.hash = keyed_hash(hash_key_, text.reveal());
  keys_.insert_or_assign(row.id, Kept{row, {}});
  return {std::move(row), std::move(text)};
}

Result<Made<NewKeyText>> KeyRing::create_key(const Caller& caller, const NewKey& wish, core::UtcTime now,
                                             core::Random& random) {
  const std::string owner_name = wish.owner.empty() ? caller.user : wish.owner;
  const bool own_by_login = caller.through == Caller::Through::login && owner_name == caller.user;
  if (!own_by_login && !caller.may(Scope::admin)) {
    return core::fail(ErrorKind::refused, "api.forbidden",
                      "keys are made with a log-in token for oneself, or with the scope admin for anybody");
  }
  if (auto fine = check_texts(wish.name, wish.description); !fine) return std::unexpected(fine.error());
  const auto* const owner = find_user(owner_name);
  if (owner == nullptr) return no_such_owner(owner_name);
  const auto scopes = granted(caller, *owner, wish.scopes);
  if (!scopes) return std::unexpected(scopes.error());
  const auto expires = parse_expiry(wish.expires, now);
  if (!expires) return std::unexpected(expires.error());
  if (auto room = room_for_key(owner_name); !room) return std::unexpected(room.error());
  KeyRow row;
  row.name = wish.name;
  row.description = wish.description;
  row.owner = owner_name;
  row.created_by = caller.to_string();
  row.scopes = *scopes;
  row.created_at = now;
  row.expires_at = *expires;
  auto made = make(std::move(row), random);
  auto change = changed(made.key);
  return Made<NewKeyText>{std::move(made), std::move(change)};
}

Result<KeyId> KeyRing::managed_key(const Caller& caller, std::string_view id) const {
  constexpr std::size_t id_at = 3;  // also as lists show it: cl-c1d1e981b67e_****
  constexpr std::size_t id_length = 12;
  const auto key_id = KeyId::parse(id.starts_with("cl-") ? id.substr(id_at, id_length) : id);
  const auto found = key_id ? keys_.find(*key_id) : keys_.end();
  const bool all = caller.may(Scope::admin);
  const bool own = found != keys_.end() &&
                   ((caller.through == Caller::Through::login && found->second.row.owner == caller.user) ||
                    (caller.through == Caller::Through::key && found->first == caller.key));
  if (!all && !own) {
    return core::fail(ErrorKind::refused, "api.forbidden",
                      "the scope admin is needed for the keys of others, or a log-in token for one's own");
  }
  if (found == keys_.end()) return no_such_key(id);
  return found->first;
}

Result<Made<KeyRow>> KeyRing::change_key(const Caller& caller, std::string_view id, const KeyPatch& patch,
                                         core::UtcTime now) {
  const auto found = managed_key(caller, id);
  if (!found) return std::unexpected(found.error());
  if (caller.through == Caller::Through::key && !caller.may(Scope::admin)) {
    return core::fail(ErrorKind::refused, "api.forbidden", "a key does not change itself; it may be revoked");
  }
  KeyRow row = keys_.at(*found).row;
  if (patch.name) row.name = *patch.name;
  if (patch.description) row.description = *patch.description;
  if (auto fine = check_texts(row.name, row.description); !fine) return std::unexpected(fine.error());
  if (patch.scopes) {
    const auto* const owner = find_user(row.owner);
    if (owner == nullptr) return no_such_owner(row.owner);
    const auto scopes = granted(caller, *owner, patch.scopes);
    if (!scopes) return std::unexpected(scopes.error());
    row.scopes = *scopes;
  }
  if (patch.expires) {
    if (row.revoked_at) {
      return core::fail(ErrorKind::conflict, "api_key.status", "this key was revoked: make a new one");
    }
    const auto expires = parse_expiry(*patch.expires, now);
    if (!expires) return std::unexpected(expires.error());
    row.expires_at = *expires;
  }
  keys_.at(*found).row = row;
  auto change = changed(row);
  return Made<KeyRow>{std::move(row), std::move(change)};
}

Result<Made<NewKeyText>> KeyRing::rotate_key(const Caller& caller, std::string_view id,
                                             core::Duration overlap, const std::string& expires,
                                             core::UtcTime now, core::Random& random) {
  const auto found = managed_key(caller, id);
  if (!found) return std::unexpected(found.error());
  if (caller.through == Caller::Through::key && !caller.may(Scope::admin)) {
    return core::fail(ErrorKind::refused, "api.forbidden",
                      "a key does not rotate itself: whoever stole it could keep it alive");
  }
  auto& old = keys_.at(*found).row;
  if (status_of(old, now) != KeyStatus::active) {
    return core::fail(ErrorKind::conflict, "api_key.status",
                      fmt::format("this key is {}: make a new one", name(status_of(old, now))));
  }
  if (overlap > longest_overlap) {
    return core::fail(ErrorKind::invalid_input, "api_key.overlap", "the overlap is at most 30d");
  }
  std::optional<core::UtcTime> until;
  if (expires.empty()) {
    if (old.expires_at) until = now + (*old.expires_at - old.created_at);
  } else {
    const auto wished = parse_expiry(expires, now);
    if (!wished) return std::unexpected(wished.error());
    until = *wished;
  }
  const auto* const owner = find_user(old.owner);
  if (owner == nullptr) return no_such_owner(old.owner);
  const auto scopes = granted(caller, *owner, old.scopes);
  if (!scopes) return std::unexpected(scopes.error());
  if (auto room = room_for_key(old.owner); !room) return std::unexpected(room.error());
  KeyRow row;
  row.name = old.name;
  row.description = old.description;
  row.owner = old.owner;
  row.created_by = caller.to_string();
  row.scopes = *scopes;
  row.created_at = now;
  row.expires_at = until;
  row.replaces = old.id;
  if (overlap == core::Duration{}) {
    old.revoked_at = now;
  } else {
    const auto last = now + std::chrono::duration_cast<std::chrono::milliseconds>(overlap);
    old.expires_at = old.expires_at ? std::min(*old.expires_at, last) : last;
  }
  auto change = changed(old);
  auto made = make(std::move(row), random);
  change.keys.push_back(made.key);
  return Made<NewKeyText>{std::move(made), std::move(change)};
}

Result<Made<KeyRow>> KeyRing::revoke_key(const Caller& caller, std::string_view id, core::UtcTime now) {
  const auto found = managed_key(caller, id);
  if (!found) return std::unexpected(found.error());
  auto& row = keys_.at(*found).row;
  if (!row.revoked_at) row.revoked_at = now;
  return Made<KeyRow>{row, changed(row)};
}

Result<AccessChange> KeyRing::delete_key(const Caller& caller, std::string_view id) {
  const auto found = managed_key(caller, id);
  if (!found) return std::unexpected(found.error());
  keys_.erase(*found);
  ++revision_;
  AccessChange change;
  change.forgotten_keys.push_back(*found);
  return change;
}

Result<KeyRow> KeyRing::key(const Caller& caller, std::string_view id) const {
  const auto found = managed_key(caller, id);
  if (!found) return std::unexpected(found.error());
  return keys_.at(*found).row;
}

std::vector<KeyRow> KeyRing::list_keys(const Caller& caller, std::string_view owner) const {
  std::vector<KeyRow> out;
  for (const auto& [id, kept] : keys_) {
    const bool visible = caller.may(Scope::admin) ||
                         (caller.through == Caller::Through::login && kept.row.owner == caller.user) ||
                         (caller.through == Caller::Through::key && id == caller.key);
    if (visible && (owner.empty() || owner == kept.row.owner)) out.push_back(kept.row);
  }
  std::ranges::sort(out, [](const KeyRow& a, const KeyRow& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
  return out;
}

}  // namespace colony::daemon::keys
