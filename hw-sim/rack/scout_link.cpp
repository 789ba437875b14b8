#include "hw-sim/rack/scout_link.hpp"

#include <charconv>

namespace colony::hw_sim {

namespace {

/// The last of several counts, as with the kernel's own arguments.
std::optional<std::string_view> last_value(std::string_view line, std::string_view key) {
  std::optional<std::string_view> found;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    if (word.starts_with(key)) found = word.substr(key.size());
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return found;
}

std::optional<core::Duration> retry_after(const core::http::Headers& headers) {
  const auto text = headers.find("Retry-After");
  if (!text) return std::nullopt;
  unsigned seconds = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

std::optional<FaultPoint> point_of(std::string_view path) {
  constexpr std::string_view prefix = "/scout/v1/";
  if (!path.starts_with(prefix)) return std::nullopt;
  return parse_fault_point("scout." + std::string(path.substr(prefix.size())));
}

}  // namespace

std::optional<ScoutArguments> parse_scout_arguments(std::string_view command_line) {
  const auto url_text = last_value(command_line, "colony.url=");
  const auto token = last_value(command_line, "colony.token=");
  if (!url_text || !token || token->empty()) return std::nullopt;
  auto url = core::http::parse_url(*url_text);
  if (!url) return std::nullopt;
  return ScoutArguments{std::move(*url), core::Secret(*token)};
}

core::Task<core::Result<ramdisk::Reply>> ScoutLink::post(std::string path, std::string body,
                                                         core::BootTime deadline) {
  const auto point = point_of(path);
  const auto fault = point ? faults_.strike(*point) : std::nullopt;
  if (!fault) co_return co_await post_once(std::move(path), std::move(body), deadline);
  switch (fault->kind) {
    case FaultKind::refuse:  // as if a proxy in between had answered: colonyd never heard it
      co_return ramdisk::Reply{503, "", std::nullopt};
    case FaultKind::late: co_await timers_.sleep_for(fault->delay); break;
    case FaultKind::duplicate: {
      const auto first = co_await post_once(path, body, deadline);
      if (!first) co_return std::unexpected(first.error());
      break;
    }
    case FaultKind::lose: {  // it arrived, its answer is lost
      const auto lost = co_await post_once(std::move(path), std::move(body), deadline);
      if (!lost) co_return std::unexpected(lost.error());
      co_return core::fail(core::ErrorKind::timed_out, "scout.lost", "the answer was lost (fault)");
    }
    case FaultKind::ignore:
    case FaultKind::lie: break;
  }
  co_return co_await post_once(std::move(path), std::move(body), deadline);
}

core::Task<core::Result<ramdisk::Reply>> ScoutLink::post_once(std::string path, std::string body,
                                                              core::BootTime deadline) {
  core::http::ClientRequest request;
  request.method = core::http::Method::post;
  request.target = std::move(path);
  request.body = std::move(body);
  const bool fits = request.headers.add("Content-Type", "application/json") &&
                    request.headers.add("Authorization", "Bearer " + std::string(token_.reveal()));
  if (!fits) {
    co_return core::fail(core::ErrorKind::invalid_input, "scout.arguments",
                         "the boot token does not fit a header");
  }
  auto response = co_await exchange_.exchange(std::move(request), deadline);
  if (!response) co_return std::unexpected(response.error());
  count_.received(WireMessage::scout_response, colonyd_);
  co_return ramdisk::Reply{core::http::code(response->status), std::move(response->body),
                           retry_after(response->headers)};
}

}  // namespace colony::hw_sim
