#include "daemon/api/key_bodies.hpp"

#include "daemon/api/members.hpp"
#include "daemon/keys/password.hpp"

namespace colony::daemon::api {

using core::Json;
using core::Result;

namespace {

constexpr std::size_t text_limit = 256;
constexpr std::size_t scope_count = 4;

std::optional<std::string> given_text(Members& members, const Json& json, std::string_view key) {
  const auto* const member = core::json_member(json, key);
  if (member == nullptr || member->is_null()) return std::nullopt;
  return members.text(key, text_limit);
}

std::optional<keys::Scopes> scopes(Members& members, const Json& json) {
  const auto* const member = core::json_member(json, "scopes");
  if (member == nullptr || member->is_null()) return std::nullopt;
  const auto words = members.texts("scopes", scope_count);
  const auto parsed = keys::Scopes::parse(fmt::format("{}", fmt::join(words, ",")));
  if (!parsed) members.refuse("scopes", "a list of read, operate, wipe, admin");
  return parsed;
}

std::optional<keys::Role> role(Members& members) {
  using keys::Role;
  return members.word<Role>("role", {{"admin", Role::admin},
                                     {"operator", Role::operator_},
                                     {"viewer", Role::viewer},
                                     {"service", Role::service}});
}

core::Secret secret(Members& members, std::string_view key) {
  std::string text = members.text(key, keys::longest_password);
  core::Secret out(text);
  core::wipe_text(text);
  return out;
}

}  // namespace

Result<keys::NewKey> decode_new_key(std::string_view body) {
  auto json = object_of(body, {"name", "description", "owner", "scopes", "expires"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  keys::NewKey out;
  out.name = members.required_text("name");
  out.description = members.text("description", text_limit);
  out.owner = members.text("owner");
  out.scopes = scopes(members, *json);
  if (auto expires = given_text(members, *json, "expires")) out.expires = std::move(*expires);
  return finish(std::move(out), members);
}

Result<keys::KeyPatch> decode_key_patch(std::string_view body) {
  auto json = object_of(body, {"name", "description", "scopes", "expires"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  keys::KeyPatch out;
  out.name = given_text(members, *json, "name");
  out.description = given_text(members, *json, "description");
  out.expires = given_text(members, *json, "expires");
  out.scopes = scopes(members, *json);
  return finish(std::move(out), members);
}

Result<RotateOrder> decode_rotate(std::string_view body) {
  auto json = object_of(body, {"overlap", "expires"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  RotateOrder out;
  if (const auto text = given_text(members, *json, "overlap")) {
    const auto overlap = core::parse_duration(*text);
    if (!overlap) members.refuse("overlap", "a time such as 24h or 15m; 0s revokes the old key at once");
    out.overlap = overlap.value_or(out.overlap);
  }
  out.expires = members.text("expires");
  return finish(std::move(out), members);
}

Result<NewUserOrder> decode_new_user(std::string_view body) {
  auto json = object_of(body, {"name", "role", "description", "password"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  NewUserOrder out;
  out.user.name = members.required_text("name");
  out.user.description = members.text("description", text_limit);
  const auto wished = role(members);
  if (!wished) members.refuse("role", "one of admin, operator, viewer, service");
  out.user.role = wished.value_or(out.user.role);
  out.password = secret(members, "password");
  return finish(std::move(out), members);
}

Result<UserPatchOrder> decode_user_patch(std::string_view body) {
  auto json = object_of(body, {"description", "role", "disabled", "password", "old_password"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  UserPatchOrder out;
  out.patch.description = given_text(members, *json, "description");
  out.patch.role = role(members);
  out.patch.disabled = members.flag("disabled");
  out.password = secret(members, "password");
  out.old_password = secret(members, "old_password");
  return finish(std::move(out), members);
}

Result<LoginOrder> decode_login(std::string_view body) {
  auto json = object_of(body, {"name", "password", "totp"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  LoginOrder out;
  out.name = members.required_text("name");
  out.password = secret(members, "password");
  out.totp = members.text("totp");
  return finish(std::move(out), members);
}

Result<core::Secret> decode_begin_totp(std::string_view body) {
  auto json = object_of(body, {"password"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  auto password = secret(members, "password");
  return finish(std::move(password), members);
}

Result<std::string> decode_code(std::string_view body) {
  auto json = object_of(body, {"code"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  auto code = members.required_text("code");
  return finish(std::move(code), members);
}

Result<std::string> decode_optional_code(std::string_view body) {
  auto json = object_of(body, {"code"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  auto code = members.text("code");
  return finish(std::move(code), members);
}

}  // namespace colony::daemon::api
