#include "hw-sim/hosted/hosted_reply.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::hw_sim {

using core::Json;
using core::http::Status;

HostedReply json_reply(Status status, const Json& body) {
  return {.status = status, .body = core::dump_json(body), .retry_after = {}, .delay = {}};
}

HostedReply error_reply(Status status, std::string_view code, std::string_view text,
                        std::string_view details) {
  return json_reply(status, Json{{"error", text}, {"code", code}, {"details", details}});
}

HostedReply empty_reply() {
  return {.status = Status::no_content, .body = {}, .retry_after = {}, .delay = {}};
}

HostedReply missing(std::string_view what, std::string_view id) {
  std::string code(what);
  std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return std::toupper(c); });
  return error_reply(Status::not_found, code + "_NOT_FOUND", fmt::format("{} not found", what),
                     fmt::format("{} with ID '{}' does not exist", what, id));
}

HostedReply bad_request(std::string_view details) {
  return error_reply(Status::bad_request, "INVALID_REQUEST", "Invalid request", details);
}

}  // namespace colony::hw_sim
