#include "daemon/api/held_routes.hpp"

#include <nlohmann/json.hpp>

#include "daemon/api/bodies.hpp"
#include "daemon/api/views.hpp"

namespace colony::daemon::api {

namespace http = core::http;
using core::Json;
using core::Task;
using http::HttpRequest;
using http::HttpResponse;
using http::Status;

Task<HttpResponse> post_wipe(const ApiServices& api, keys::Caller caller, HttpRequest request) {
  auto order = decode_wipe(request.param("id"), request.body);
  if (!order) co_return http::error_response(order.error());
  if (api.hold) {
    auto held = api.hold(*order, caller);
    if (!held) co_return http::error_response(held.error());
    if (auto& waits = *held; waits) {
      co_return http::json_response(Status::accepted, Json{{"held", std::move(*waits)}});
    }
  }
  const auto submitted = co_await api.orders.wipe(std::move(*order));
  if (!submitted) co_return http::error_response(submitted.error());
  co_return http::json_response(Status::accepted, to_json(*submitted));
}

HttpResponse get_held(const ApiServices& api) {
  return http::json_response(Status::ok,
                             Json{{"operations", api.held_orders ? api.held_orders() : Json::array()}});
}

Task<HttpResponse> decide_held(const ApiServices& api, keys::Caller caller, HttpRequest request,
                               ApiServices::Decision decision) {
  if (!api.decide) {
    co_return http::error_response(
        core::Error{core::ErrorKind::not_found, "operation.not_held", "no order waits"});
  }
  const auto decided = co_await api.decide(std::string(request.param("id")), decision, std::move(caller));
  if (!decided) co_return access_error(decided.error());
  co_return http::json_response(Status::ok, *decided);
}

Json held_of(const ApiServices& api, core::AssetId asset) {
  auto list = Json::array();
  if (!api.held_orders) return list;
  for (auto& order : api.held_orders()) {
    if (core::json_text(order, "asset").value_or("") == asset.to_string()) list.push_back(std::move(order));
  }
  return list;
}

}  // namespace colony::daemon::api
