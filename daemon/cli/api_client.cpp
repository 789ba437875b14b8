#include "daemon/cli/api_client.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/http/target.hpp"
#include "daemon/cli/event_lines.hpp"

namespace colony::daemon::cli {

namespace http = core::http;
using core::Error;
using core::ErrorKind;
using core::Json;
using core::Result;
using core::Task;

namespace {

constexpr core::Duration look_patience = std::chrono::seconds(60);
constexpr core::Duration follow_patience = std::chrono::hours(24 * 365);
constexpr std::size_t max_answer = std::size_t{32} << 20;  // thousands of assets

/// The kinds that travel in error bodies.
ErrorKind kind_of(const Json& body, http::Status status) {
  const auto word = core::json_text(body, "kind");
  for (const auto kind :
       {ErrorKind::invalid_input, ErrorKind::not_found, ErrorKind::conflict, ErrorKind::timed_out,
        ErrorKind::unreachable, ErrorKind::refused, ErrorKind::unauthorized, ErrorKind::exhausted,
        ErrorKind::io, ErrorKind::cancelled, ErrorKind::unsupported, ErrorKind::corrupt}) {
    if (word && name(kind) == *word) return kind;
  }
  switch (status) {
    case http::Status::bad_request: return ErrorKind::invalid_input;
    case http::Status::unauthorized:
    case http::Status::forbidden: return ErrorKind::unauthorized;
    case http::Status::not_found: return ErrorKind::not_found;
    case http::Status::conflict: return ErrorKind::conflict;
    case http::Status::not_implemented: return ErrorKind::unsupported;
    case http::Status::unavailable: return ErrorKind::exhausted;
    default: return ErrorKind::internal;
  }
}

Error server_error(const http::ClientResponse& response) {
  const auto body = core::parse_json(response.body);
  const Json json = body ? *body : Json::object();
  std::string message =
      core::json_text(json, "error").value_or(fmt::format("colonyd answered {}", code(response.status)));
  const std::string details = core::json_text(json, "details").value_or("");
  if (!details.empty()) message += " (" + details + ")";
  return {kind_of(json, response.status), core::json_text(json, "code").value_or("HTTP_ERROR"), message};
}

}  // namespace

Error ApiClient::unreachable(const Error& error) const {
  if (error.code == "http.permission") return error;
  if (error.kind != ErrorKind::unreachable && error.kind != ErrorKind::timed_out) return error;
  return {error.kind, "api.unreachable",
          fmt::format("cannot talk to colonyd: {}; is it running? systemctl status colonyd", error.message)};
}

Task<Result<Json>> ApiClient::ask(http::ClientRequest request, core::Duration patience) {
  request.body_limit = max_answer;
  auto response = co_await exchange_.exchange(std::move(request), timers_.now() + patience);
  if (!response) co_return std::unexpected(unreachable(response.error()));
  if (!is_success(response->status)) co_return std::unexpected(server_error(*response));
  if (response->body.empty()) co_return Json::object();
  auto json = core::parse_json(response->body, {.bytes = max_answer, .depth = 32, .values = 10'000'000});
  if (!json)
    co_return core::fail(ErrorKind::corrupt, "api.response", "colonyd's answer is " + json.error().message);
  co_return json;
}

Task<Result<Json>> ApiClient::get(std::string target) {
  http::ClientRequest request;
  request.target = std::move(target);
  (void)request.headers.add("Accept", "application/json");
  co_return co_await ask(std::move(request), look_patience);
}

Task<Result<Json>> ApiClient::post(std::string target, Json body, core::Duration patience) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.target = std::move(target);
  request.body = core::dump_json(body);
  (void)request.headers.add("Content-Type", "application/json");
  co_return co_await ask(std::move(request), patience);
}

Task<Result<Json>> ApiClient::patch(std::string target, Json body) {
  http::ClientRequest request;
  request.method = http::Method::patch;
  request.target = std::move(target);
  request.body = core::dump_json(body);
  (void)request.headers.add("Content-Type", "application/json");
  co_return co_await ask(std::move(request), look_patience);
}

Task<Result<Json>> ApiClient::remove(std::string target) {
  http::ClientRequest request;
  request.method = http::Method::del;
  request.target = std::move(target);
  co_return co_await ask(std::move(request), look_patience);
}

Task<Result<Json>> ApiClient::post_text(std::string target, std::string text) {
  http::ClientRequest request;
  request.method = http::Method::post;
  request.target = std::move(target);
  request.body = std::move(text);
  (void)request.headers.add("Content-Type", "application/octet-stream");
  return ask(std::move(request), look_patience);
}

Task<Result<>> ApiClient::follow_events(std::uint64_t after, OnEvent on_event) {
  return follow(fmt::format("/api/v1/events?after={}", after), std::move(on_event), {});
}

Task<Result<>> ApiClient::follow(std::string target, OnEvent on_event, std::function<void()> on_open) {
  http::ClientRequest request;
  request.target = std::move(target);
  (void)request.headers.add("Accept", "text/event-stream");
  EventLines lines;
  bool stopped = false;
  request.sink = [&](std::string_view piece) -> Result<> {
    if (on_open) std::exchange(on_open, {})();
    for (const auto& data : lines.feed(piece)) {
      const auto event = core::parse_json(data);
      if (!event || on_event(*event) == Next::go_on) continue;
      stopped = true;
      return core::fail(ErrorKind::cancelled, "cli.stopped", "enough");
    }
    if (lines.failed()) return core::fail(ErrorKind::corrupt, "api.response", "an event without end");
    return {};
  };
  auto response = co_await exchange_.exchange(std::move(request), timers_.now() + follow_patience);
  if (stopped) co_return Result<>{};
  if (!response) co_return std::unexpected(unreachable(response.error()));
  if (!is_success(response->status)) co_return std::unexpected(server_error(*response));
  co_return Result<>{};
}

std::string api_path(std::initializer_list<std::string_view> segments) {
  std::string out = "/api/v1";
  for (const auto segment : segments) out += "/" + http::percent_encode(segment);
  return out;
}

}  // namespace colony::daemon::cli
