#pragma once
// The two-person rule over the local API: orders that wait for somebody else, and the order that begins to.

#include "core/http/message.hpp"
#include "daemon/api/api_routes.hpp"

namespace colony::daemon::api {

/// POST /api/v1/assets/{id}/wipe: 202 with the workflow, or with what `held` says of the order that waits.
[[nodiscard]] core::Task<core::http::HttpResponse> post_wipe(const ApiServices& api, keys::Caller caller,
                                                             core::http::HttpRequest request);
/// GET /api/v1/operations
[[nodiscard]] core::http::HttpResponse get_held(const ApiServices& api);
/// POST /api/v1/operations/{id}/approve and /deny
[[nodiscard]] core::Task<core::http::HttpResponse> decide_held(const ApiServices& api, keys::Caller caller,
                                                               core::http::HttpRequest request,
                                                               ApiServices::Decision decision);
/// Those of one asset, for `colony why`.
[[nodiscard]] core::Json held_of(const ApiServices& api, core::AssetId asset);

}  // namespace colony::daemon::api
