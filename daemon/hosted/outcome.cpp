#include "daemon/hosted/outcome.hpp"

#include <fmt/format.h>

#include "daemon/hosted/messages.hpp"
#include "daemon/hosted/retry_after.hpp"

namespace colony::daemon::hosted {

using core::ErrorKind;

namespace {

/// A 429 that does not say for how long.
constexpr core::Duration unsaid_rate_limit = std::chrono::seconds(30);

/// A page for people, where the API would answer JSON or nothing.
bool is_page(const core::http::ClientResponse& response) {
  const auto type = response.headers.find("Content-Type").value_or("");
  if (type.starts_with("text/html")) return true;
  const auto first = response.body.find_first_not_of(" \t\r\n");
  return first != std::string::npos && response.body[first] == '<';
}

}  // namespace

Judged judge(Part part, const core::Result<core::http::ClientResponse>& result, core::UtcTime now) {
  if (!result) {
    return {TryLater{.retry_after = {}, .timed_out = result.error().kind == ErrorKind::timed_out},
            result.error()};
  }
  const unsigned status = core::http::code(result->status);
  const bool success = status >= 200 && status < 300;
  if (success && is_page(*result)) {
    return {TryLater{},
            core::Error{
                ErrorKind::unreachable, "hosted.not_the_api",
                "a web page answers in the hosted side's place: a portal, or a proxy that wants a login"}};
  }
  if (success) return {Succeeded{}, {}};
  const ApiError said = decode_error(result->body);
  const auto retry_after = parse_retry_after(result->headers.find("Retry-After").value_or(""), now);
  const auto problem = [&](ErrorKind kind, const char* code) {
    return core::Error{kind, code, fmt::format("the hosted side answered {}: {}", status, said.text())};
  };
  if (status == 401 || status == 403) {
    return {Unauthorized{}, problem(ErrorKind::unauthorized, "hosted.key_refused")};
  }
  if (status == 404 || status == 405 || status == 501) {
    // Only the documented calls say by a bare 404 that the agent is gone; of ours a hosted side may know
    // none.
    const bool agent = said.code.find("AGENT") != std::string::npos;
    if (agent || part == Part::documented)
      return {AgentUnknown{}, problem(ErrorKind::not_found, "hosted.agent_unknown")};
    return {CallUnknown{}, problem(ErrorKind::unsupported, "hosted.call_unknown")};
  }
  if (status == 409) return {Conflict{}, problem(ErrorKind::conflict, "hosted.conflict")};
  if (status == 429) {
    return {TryLater{.retry_after = retry_after.value_or(unsaid_rate_limit), .rate_limited = true},
            problem(ErrorKind::exhausted, "hosted.rate_limited")};
  }
  if (status >= 500 || status == 408) {
    return {TryLater{.retry_after = retry_after}, problem(ErrorKind::unreachable, "hosted.unavailable")};
  }
  if (status < 400) {
    // Not followed: the key goes to the configured place and no other.
    return {TryLater{}, problem(ErrorKind::unreachable, "hosted.redirected")};
  }
  return {Refused{}, problem(ErrorKind::refused, "hosted.refused")};
}

}  // namespace colony::daemon::hosted
