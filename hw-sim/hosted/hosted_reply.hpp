#pragma once
// What the stand-in answers, and the bodies that it answers with.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/http/message.hpp"
#include "core/json.hpp"

namespace colony::hw_sim {

/// How the answer travels.
enum class Delivered : std::uint8_t { whole, not_at_all, half };

struct HostedReply {
  core::http::Status status = core::http::Status::ok;
  std::string body;         // JSON, or empty
  std::string retry_after;  // seconds, or empty
  Delivered delivered = Delivered::whole;
  core::Duration delay{};
};
/// The documented error body: what went wrong, a code, and details of this case.
[[nodiscard]] HostedReply error_reply(core::http::Status status, std::string_view code, std::string_view text,
                                      std::string_view details);
[[nodiscard]] HostedReply json_reply(core::http::Status status, const core::Json& body);
[[nodiscard]] HostedReply empty_reply();
/// 404: `what` begins a sentence, as in "Asset".
[[nodiscard]] HostedReply missing(std::string_view what, std::string_view id);
[[nodiscard]] HostedReply bad_request(std::string_view details);

}  // namespace colony::hw_sim
