#pragma once
// Request bodies of keys, users and log-in. Strict, as bodies.hpp; errors api.body, and those of keys' own
// texts (api_key.scopes, user.role).

#include <string_view>

#include "core/secret.hpp"
#include "daemon/keys/key_ring.hpp"

namespace colony::daemon::api {

/// `{"name","description"?,"owner"?,"scopes"?: [...],"expires"?}`
[[nodiscard]] core::Result<keys::NewKey> decode_new_key(std::string_view body);
/// `{"name"?,"description"?,"scopes"?,"expires"?}`
[[nodiscard]] core::Result<keys::KeyPatch> decode_key_patch(std::string_view body);

struct RotateOrder {
  core::Duration overlap = std::chrono::hours(24);
  std::string expires;  // empty: as long as the old one was made for
};
/// `{"overlap"?: "24h","expires"?}`
[[nodiscard]] core::Result<RotateOrder> decode_rotate(std::string_view body);

struct NewUserOrder {
  keys::NewUser user;
  core::Secret password;  // empty: none
};
/// `{"name","role","description"?,"password"?}`
[[nodiscard]] core::Result<NewUserOrder> decode_new_user(std::string_view body);

struct UserPatchOrder {
  keys::UserPatch patch;
  core::Secret password;      // empty: as it is
  core::Secret old_password;  // empty: not given
};
/// `{"description"?,"role"?,"disabled"?,"password"?,"old_password"?}`
[[nodiscard]] core::Result<UserPatchOrder> decode_user_patch(std::string_view body);

struct LoginOrder {
  std::string name;
  core::Secret password;
  std::string totp;
};
/// `{"name","password","totp"?}`
[[nodiscard]] core::Result<LoginOrder> decode_login(std::string_view body);
/// `{"password"?}`; empty when not given.
[[nodiscard]] core::Result<core::Secret> decode_begin_totp(std::string_view body);
/// `{"code"}`
[[nodiscard]] core::Result<std::string> decode_code(std::string_view body);
/// `{"code"?}`
[[nodiscard]] core::Result<std::string> decode_optional_code(std::string_view body);

}  // namespace colony::daemon::api
