#pragma once
// An exchange's result as the plan's outcome, with the words for the log.

#include <string>

#include "core/http/exchange.hpp"
#include "daemon/hosted/link_plan.hpp"

namespace colony::daemon::hosted {

enum class Part : bool { documented, ours };

struct Judged {
  Outcome outcome;
  core::Error problem;  // meaningful unless it succeeded
  [[nodiscard]] bool succeeded() const { return std::holds_alternative<Succeeded>(outcome); }
};

[[nodiscard]] Judged judge(Part part, const core::Result<core::http::ClientResponse>& result,
                           core::UtcTime now);

}  // namespace colony::daemon::hosted
