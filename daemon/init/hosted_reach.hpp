#pragma once
// Can the hosted side be reached from here at all, and does it prove who it is? Without the key, which is
// nobody's until that is known. For `colony doctor`.

#include <optional>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "daemon/config/values.hpp"

namespace colony::daemon {

struct HostedReach {
  std::optional<core::UtcTime> its_time;  // the Date of its answer
};

/// HEAD, blocking; whatever is answered is an answer. Errors: those of hosted/curl_fault.hpp, as of the link.
[[nodiscard]] core::Result<HostedReach> reach_hosted(const ApiUrl& url, const FilePath& ca_file);

}  // namespace colony::daemon
