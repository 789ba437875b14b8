#pragma once
// Prometheus text format, version 0.0.4.

#include <string>
#include <vector>

#include "daemon/api/api_routes.hpp"

namespace colony::daemon::api {

[[nodiscard]] std::string render_metrics(const workflows::StatusView& status,
                                         const std::vector<Metric>& more);

}  // namespace colony::daemon::api
