#pragma once
// Keys, users and the audit log as the JSON of the local API. A key's text is shown once, by key_routes.cpp;
// here it is masked.

#include "core/json.hpp"
#include "daemon/keys/key_ring.hpp"

namespace colony::daemon::api {

[[nodiscard]] core::Json to_json(const keys::KeyRow& key, core::UtcTime now);
[[nodiscard]] core::Json to_json(const keys::UserRow& user);
[[nodiscard]] core::Json to_json(const keys::AuditRow& row);
[[nodiscard]] core::Json to_json(const keys::Caller& caller);
[[nodiscard]] core::Json scopes_json(keys::Scopes scopes);

}  // namespace colony::daemon::api
