#pragma once
// /api/v1/api-keys, /api/v1/users, /api/v1/login, /api/v1/audit.

#include "daemon/api/door.hpp"

namespace colony::daemon::api {

/// Without `access` they are answered 501.
void add_key_routes(Door& door, keys::Access* access);
/// For the table of scopes.
[[nodiscard]] std::vector<RouteRule> key_route_rules();

}  // namespace colony::daemon::api
