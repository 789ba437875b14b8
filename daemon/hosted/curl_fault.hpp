#pragma once
// What went wrong in a transfer of libcurl's, by name: a person must see from the code alone whether the
// name, the port, the proxy, the certificate or the answer is to blame.

#include <string_view>

#include <curl/curl.h>

#include "core/error.hpp"

namespace colony::daemon::hosted {

struct CurlFault {
  CURLcode code = CURLE_OK;
  std::string_view detail;      // curl's own words; may be empty
  long verify_result = 0;       // OpenSSL's X509_V_ERR_*, of the certificate
  long proxy_status = 0;        // a proxy's answer to CONNECT
  bool body_too_large = false;  // we ended it
  bool head_too_large = false;
};

/// hosted.dns, http.connect, hosted.proxy, http.timeout, http.closed, http.response, http.body_too_large,
/// http.head_too_large, http.url; hosted.tls_expired, _not_yet_valid, _wrong_host, _unknown_ca, _self_signed,
/// _protocol, _none, hosted.tls (anything else about TLS). The words never hold the proxy's address, which
/// may carry a password.
[[nodiscard]] core::Error name_fault(const CurlFault& fault);
/// Of a transfer that ended with `code`, `detail` in its error buffer.
[[nodiscard]] core::Error name_fault(CURL* transfer, CURLcode code, std::string_view detail);

}  // namespace colony::daemon::hosted
