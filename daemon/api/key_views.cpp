#include "daemon/api/key_views.hpp"

#include <nlohmann/json.hpp>

namespace colony::daemon::api {

using core::Json;

namespace {

Json time_or_null(const std::optional<core::UtcTime>& time) {
  return time ? Json(core::format_utc(*time)) : Json(nullptr);
}

}  // namespace

Json scopes_json(keys::Scopes scopes) {
  using keys::Scope;
  Json out = Json::array();
  for (const auto scope : {Scope::read, Scope::operate, Scope::wipe, Scope::admin}) {
    if (scopes.contains(scope)) out.push_back(name(scope));
  }
  return out;
}

Json to_json(const keys::KeyRow& key, core::UtcTime now) {
  return {{"id", key.id.to_string()},
          {"masked", keys::masked(keys::KeyKind::api_key, key.id)},
          {"name", key.name},
          {"description", key.description},
          {"owner", key.owner},
          {"created_by", key.created_by},
          {"scopes", scopes_json(key.scopes)},
          {"status", name(keys::status_of(key, now))},
          {"created_at", core::format_utc(key.created_at)},
          {"expires_at", time_or_null(key.expires_at)},
          {"revoked_at", time_or_null(key.revoked_at)},
          {"last_used_at", time_or_null(key.last_used_at)},
          {"last_used_from", key.last_used_from},
          {"replaces", key.replaces ? Json(key.replaces->to_string()) : Json(nullptr)}};
}

Json to_json(const keys::UserRow& user) {
  return {{"name", user.name},
          {"role", name(user.role)},
          {"description", user.description},
          {"disabled", user.disabled},
          {"password", !user.password_hash.empty()},
          {"second_factor", user.has_second_factor()},
          {"scopes", scopes_json(scopes_of(user.role))},
          {"created_by", user.created_by},
          {"created_at",
           user.created_at == core::UtcTime{} ? Json(nullptr) : Json(core::format_utc(user.created_at))}};
}

Json to_json(const keys::AuditRow& row) {
  return {{"id", row.id},         {"at", core::format_utc(row.at)},
          {"who", row.who},       {"from", row.from},
          {"act", row.act},       {"subject", row.subject},
          {"status", row.status}, {"request_id", row.request_id}};
}

Json to_json(const keys::Caller& caller) {
  using Through = keys::Caller::Through;
  std::string_view through = "socket";
  if (caller.through == Through::key) through = "key";
  if (caller.through == Through::login) through = "login";
  return {{"user", caller.user},
          {"through", through},
          {"scopes", scopes_json(caller.scopes)},
          {"key_id", caller.through == Through::key ? Json(caller.key.to_string()) : Json(nullptr)}};
}

}  // namespace colony::daemon::api
