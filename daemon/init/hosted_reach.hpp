#pragma once
// Can the hosted side be reached from here at all, and does it prove who it is? Without the key, which is
// nobody's until that is known. For `colony doctor`.

#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "daemon/config/values.hpp"

namespace colony::daemon {

struct HostedReach {
  std::optional<core::UtcTime> its_time;  // the Date of its answer
};

/// HEAD, blocking; whatever is answered is an answer. Errors: hosted.dns, hosted.connect, hosted.timeout,
/// hosted.tls_expired, hosted.tls_name, hosted.tls_authority, hosted.tls, hosted.network.
[[nodiscard]] core::Result<HostedReach> reach_hosted(const ApiUrl& url, const FilePath& ca_file);

/// Which of the three, by OpenSSL's verdict on the chain (X509_V_*) and by libcurl's words.
[[nodiscard]] std::string tls_fault(long verdict, std::string_view words);

}  // namespace colony::daemon
