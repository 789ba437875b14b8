// What the hosted side's answers mean (facts of the hosted API: statuses, error bodies).

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "daemon/init/hosted_registration.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;
using core::Json;

constexpr core::JsonLimits limits{.bytes = 64UL * 1024, .depth = 8, .values = 1000};

/// An id wherever the documented forms and their likely relatives keep it.
std::optional<Word> find_id(const Json& body) {
  for (const char* wrapper : {"data", "agent", ""}) {
    const Json* object = *wrapper == '\0' ? &body : core::json_member(body, wrapper);
    if (object == nullptr) continue;
    for (const char* key : {"id", "agent_id"}) {
      const auto text = core::json_text(*object, key, 255);
      const auto id = text ? Word::parse(*text) : std::nullopt;
      if (id && !id->empty()) return id;
    }
  }
  return std::nullopt;
}

/// The one UUID that an error's sentences name beside the datacenter's own.
std::optional<Word> find_uuid(const Json& body, const Word& datacenter) {
  constexpr std::size_t uuid_length = 36;
  std::set<std::string> found;
  for (const char* key : {"error", "details"}) {
    const std::string text = core::json_text(body, key).value_or("");
    for (std::size_t at = 0; at + uuid_length <= text.size(); ++at) {
      const std::string candidate = text.substr(at, uuid_length);
      if (core::Uuid::parse(candidate) && candidate != datacenter.text()) found.insert(candidate);
    }
  }
  if (found.size() != 1) return std::nullopt;
  return Word::parse(*found.begin());
}

/// The hosted side's own words, safe to print.
std::string said(const HostedAnswer& answer) {
  const auto body = core::parse_json(answer.body, limits);
  if (!body) return fmt::format("HTTP {}", answer.status);
  const std::string error = core::json_text(*body, "error").value_or("");
  const std::string details = core::json_text(*body, "details").value_or("");
  return fmt::format("HTTP {}{}{}{}{}", answer.status, error.empty() ? "" : ": ", core::printable(error, 120),
                     details.empty() ? "" : ": ", core::printable(details, 160));
}

core::Error refusal(const HostedAnswer& answer) {
  if (answer.status == 401 || answer.status == 403) {
    return {ErrorKind::unauthorized, "hosted.unauthorized",
            fmt::format("the API key was not accepted ({}); is it complete, of this datacenter, not revoked?",
                        said(answer))};
  }
  if (answer.status == 429) {
    return {ErrorKind::exhausted, "hosted.rate_limited",
            fmt::format("too many requests with this key; try again {}",
                        answer.retry_after.empty()
                            ? std::string("in a minute")
                            : fmt::format("after {} s", core::printable(answer.retry_after, 30)))};
  }
  if (answer.status >= 500) {
    return {ErrorKind::unreachable, "hosted.server",
            fmt::format("the hosted side has a fault of its own ({}); try again later", said(answer))};
  }
  if (answer.status >= 300 && answer.status < 400) {
    return {ErrorKind::refused, "hosted.refused",
            fmt::format("HTTP {}: redirected; a key is not carried to another place, correct --api-url",
                        answer.status)};
  }
  return {ErrorKind::refused, "hosted.refused", fmt::format("refused: {}", said(answer))};
}

}  // namespace

core::Result<Registered> read_registration(const HostedAnswer& answer, const Word& datacenter) {
  if (answer.status == 404) {
    return core::fail(ErrorKind::refused, "hosted.refused",
                      "there is no /api/v1/agents at this address; is --api-url right?");
  }
  const bool good = answer.status == 200 || answer.status == 201;
  if (!good && answer.status != 409) return std::unexpected(refusal(answer));
  const auto body = core::parse_json(answer.body, limits);
  auto id = body ? find_id(*body) : std::nullopt;
  if (good && !id) {
    return core::fail(ErrorKind::refused, "hosted.answer", "registered, but the answer names no agent id");
  }
  if (good) return Registered{std::move(*id), true};
  if (!id && body) id = find_uuid(*body, datacenter);
  if (id) return Registered{std::move(*id), false};
  return core::fail(ErrorKind::conflict, "hosted.agent_exists",
                    fmt::format("datacenter {} already has an agent ({}); give its id with --agent-id",
                                datacenter.text(), said(answer)));
}

core::Result<bool> read_greeting(const HostedAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return true;
  if (answer.status == 404) return false;
  return std::unexpected(refusal(answer));
}

}  // namespace colony::daemon
