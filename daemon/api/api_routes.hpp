#pragma once
// The local API: /api/v1, /healthz, /readyz, /metrics (docs/openapi.yaml). A thin front of workflows::Orders;
// who may come in is decided at the door (door.hpp), by the scope that each route names.

#include <functional>
#include <string>

#include "core/async/timers.hpp"
#include "core/http/router.hpp"
#include "core/log.hpp"
#include "daemon/api/door.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon {
class ConsoleHub;
}

namespace colony::daemon::api {

/// One line of /metrics that other rooms contribute: name without "colony_", value.
struct Metric {
  std::string name;
  std::string help;
  enum class Kind : std::uint8_t { counter, gauge } kind = Kind::gauge;
  double value = 0;
};

struct ApiServices {
  core::Timers& timers;
  core::Log& log;
  workflows::Orders& orders;
  std::string version;
  /// More members for /status (address, hosted link) and lines for /metrics; may be empty.
  std::function<void(core::Json& status)> add_status;
  std::function<std::vector<Metric>()> metrics;
  /// The DHCP server and its leases, each by its MAC; the asset is added here. May be empty.
  std::function<core::Json()> leases = {};
  /// Orders that wait for a second person, and what one says of one. May be empty.
  std::function<core::Json()> held_orders = {};
  enum class Decision : std::uint8_t { approve, deny };
  std::function<core::Task<core::Result<core::Json>>(std::string operation, Decision decision,
                                                     keys::Caller caller)>
      decide = {};
  /// The order as it waits, when the caller may not give it alone; one that he may is marked with what it was
  /// judged for. May be empty.
  std::function<core::Result<std::optional<core::Json>>(workflows::WipeRequest& request,
                                                        const keys::Caller& caller)>
      hold = {};
  ConsoleHub* consoles = nullptr;  // without it consoles are answered 501
  keys::Access* access = nullptr;  // without it only the unix socket is let in
};

/// Adds every route. `services` is kept by the routes; what it refers to outlives the router.
void add_api_routes(core::http::Router& router, ApiServices services);

/// Every route with what it asks of its caller: the one table of scopes.
[[nodiscard]] std::vector<RouteRule> route_rules();

}  // namespace colony::daemon::api
