#include "daemon/boot/scout_routes.hpp"

namespace colony::daemon {

namespace {

using core::http::HttpRequest;
using core::http::HttpResponse;

std::string bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "Bearer ";
  const auto value = request.headers.find("Authorization");
  if (!value || !value->starts_with(scheme)) return {};
  return std::string(value->substr(scheme.size()));
}

core::Task<HttpResponse> ask_scout_service(workflows::ScoutService& scout, HttpRequest request) {
  const auto reply =
      co_await scout.handle(std::move(request.path), bearer_token(request),
                            request.peer_address().value_or(core::Ipv4Address()), std::move(request.body));
  auto response = core::http::text_response(static_cast<core::http::Status>(reply.status), "application/json",
                                            reply.body);
  if (reply.status == 503) (void)response.headers.add("Retry-After", "1");
  co_return response;
}

}  // namespace

void add_scout_routes(core::http::Router& router, workflows::ScoutService& scout) {
  router.add(core::http::Method::post, "/scout/v1/{message}",
             [&scout](HttpRequest request) { return ask_scout_service(scout, std::move(request)); },
             {.body_limit = max_scout_body});
}

core::Task<core::Result<pxe::ConfigGrant>> ConfigDeliveryDoor::open(std::string token, core::Ipv4Address peer,
                                                                    std::optional<core::MacAddress> /*mac*/) {
  // Whose address it is, workflows ask themselves; the token and the peer are all they need.
  if (open_.size() >= max_open) {
    co_return core::fail(core::ErrorKind::exhausted, "config.busy",
                         "too many machine configs are being delivered; the node asks again");
  }
  auto grant = co_await configs_.fetch(std::move(token), peer);
  if (!grant) {
    auto error = grant.error();
    // pxe answers 403 to conflict: an existing token, but not for this peer or not now.
    if (error.kind == core::ErrorKind::refused) error.kind = core::ErrorKind::conflict;
    co_return std::unexpected(std::move(error));
  }
  std::string id = std::to_string(next_++);
  pxe::ConfigGrant out{id, grant->text->clone()};
  open_.emplace(std::move(id), std::move(*grant));
  co_return out;
}

core::Task<> ConfigDeliveryDoor::delivered(std::string grant_id, bool complete, std::uint64_t /*bytes*/) {
  const auto found = open_.find(grant_id);
  if (found == open_.end()) co_return;
  auto grant = std::move(found->second);
  open_.erase(found);
  co_await configs_.delivered(std::move(grant), complete);
}

}  // namespace colony::daemon
