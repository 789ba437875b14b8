#pragma once
// Prometheus text format, version 0.0.4.

#include <string>
#include <vector>

#include "core/http/server.hpp"
#include "daemon/api/api_routes.hpp"

namespace colony::daemon::api {

[[nodiscard]] std::string render_metrics(const workflows::StatusView& status,
                                         const std::vector<Metric>& more);

/// Of the listener over TLS: who is inside, who came, and who was kept out.
[[nodiscard]] std::vector<Metric> tls_metrics(const core::http::ServerCounters& counters);

}  // namespace colony::daemon::api
