#pragma once
// The certificate and key of api.listen, looked at before they are used.

#include <string>

#include "core/clock.hpp"
#include "core/error.hpp"

namespace colony::daemon::api {

/// A note for the operator, "" when there is nothing to say: the certificate is over or not yet valid, which
/// clients will refuse. Errors (invalid_input): api.tls_file (missing, not readable), api.tls_key_rights
/// (others may read the key), http.tls_certificate, http.tls_key (no PEM, or they do not belong together).
[[nodiscard]] core::Result<std::string> check_tls_files(const std::string& certificate,
                                                        const std::string& key, core::UtcTime now);

}  // namespace colony::daemon::api
