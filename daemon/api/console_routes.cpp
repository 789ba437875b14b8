#include "daemon/api/console_routes.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::daemon::api {

namespace http = core::http;
using core::Json;
using core::Result;
using core::Task;

namespace {

constexpr core::Duration keep_alive = std::chrono::seconds(15);
constexpr core::Duration open_patience = std::chrono::seconds(25);
constexpr std::size_t max_name = 64;
constexpr unsigned log_rows = 1000;

struct Viewer {
  core::AssetId asset;
  std::string name;
};

Result<Viewer> viewer_of(const ConsoleServices& services, const http::HttpRequest& request) {
  if (services.hub == nullptr) {
    return core::fail(core::ErrorKind::unsupported, "console.unsupported", "no consoles are served here");
  }
  const auto asset = services.orders.asset(std::string(request.param("id")));
  if (!asset) return std::unexpected(asset.error());
  const std::string name(request.query_value("view").value_or(""));
  const bool good = !name.empty() && name.size() <= max_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!good) {
    return core::fail(core::ErrorKind::invalid_input, "api.query",
                      "view must be 1 to 64 of a-z, 0-9 and '-': the name under which you will type");
  }
  return Viewer{asset->id, name};
}

std::string event_of(const ConsoleView::News& news) {
  Json data = Json::object();
  if (!news.output.empty()) data["output"] = core::hex(core::as_bytes(news.output));
  if (news.lost > 0) data["lost"] = news.lost;
  if (news.output.empty() && news.end) {
    data["end"] = {{"code", news.end->code}, {"message", news.end->message}, {"kind", name(news.end->kind)}};
  }
  return fmt::format("data: {}\n\n", core::dump_json(data));
}

struct Stream {
  std::shared_ptr<ConsoleView> view;
  bool ended = false;
  bool begun = false;
};

Task<std::optional<std::string>> next(core::Timers& timers, std::shared_ptr<Stream> stream) {
  if (stream->ended) co_return std::nullopt;
  // At once, so that whoever asked knows that the line is open.
  if (!std::exchange(stream->begun, true)) co_return ": open\n\n";
  const auto news = co_await stream->view->next(timers.now() + keep_alive);
  if (news.output.empty() && !news.end) co_return ": still here\n\n";
  stream->ended = news.output.empty();
  co_return event_of(news);
}

}  // namespace

Task<http::HttpResponse> get_console(ConsoleServices services, http::HttpRequest request) {
  const auto viewer = viewer_of(services, request);
  if (!viewer) co_return http::error_response(viewer.error());
  const auto* peer = std::get_if<http::UnixPeer>(&request.peer);
  services.log.info(
      "api.console", "A console was opened",
      {{"asset", viewer->asset}, {"uid", peer != nullptr ? static_cast<std::int64_t>(peer->uid) : -1}});
  const bool take = request.query_value("take") == "true";
  auto view = co_await services.hub->open(viewer->asset, viewer->name,
                                          take ? drivers::Contention::take : drivers::Contention::refuse,
                                          services.timers.now() + open_patience);
  if (!view) co_return http::error_response(view.error());
  const auto stream = std::make_shared<Stream>(Stream{std::move(*view)});
  http::HttpResponse response;
  (void)response.headers.add("Content-Type", "text/event-stream");
  (void)response.headers.add("Cache-Control", "no-store");
  response.body = http::StreamBody{[&timers = services.timers, stream] { return next(timers, stream); }};
  co_return response;
}

Task<http::HttpResponse> post_console(ConsoleServices services, http::HttpRequest request) {
  const auto viewer = viewer_of(services, request);
  if (!viewer) co_return http::error_response(viewer.error());
  Result<> done;
  if (!request.body.empty()) done = services.hub->type(viewer->asset, viewer->name, request.body);
  if (done && request.query_value("break") == "true") {
    done = services.hub->send_break(viewer->asset, viewer->name);
  }
  core::wipe_text(request.body);  // somebody's password, perhaps
  if (!done) co_return http::error_response(done.error());
  http::HttpResponse response;
  response.status = http::Status::no_content;
  co_return response;
}

Task<http::HttpResponse> get_console_log(ConsoleServices services, http::HttpRequest request) {
  const auto asset = services.orders.asset(std::string(request.param("id")));
  if (!asset) co_return http::error_response(asset.error());
  const auto timeline = co_await services.orders.timeline(asset->id, log_rows);
  if (!timeline) co_return http::error_response(timeline.error());
  Json boots = Json::array();
  for (const auto& entry : *timeline) {
    const auto* output = std::get_if<core::ConsoleOutput>(&entry.evidence.fact);
    if (output == nullptr) continue;
    const std::string boot = core::format_utc(output->boot);
    if (boots.empty() || boots.back()["boot"] != boot) boots.push_back({{"boot", boot}, {"text", ""}});
    Json& text = boots.back()["text"];
    text = text.get<std::string>() + (output->cut ? "[...]\n" : "") + output->text;
  }
  co_return http::json_response(http::Status::ok, Json{{"boots", std::move(boots)}});
}

}  // namespace colony::daemon::api
