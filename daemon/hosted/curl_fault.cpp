#include "daemon/hosted/curl_fault.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "core/bytes.hpp"

namespace colony::daemon::hosted {

using core::Error;
using core::ErrorKind;

namespace {

Error tls_fault(const CurlFault& fault, const std::string& why) {
  const auto refused = [&why](const char* code, std::string_view what) {
    return Error{ErrorKind::refused, code, fmt::format("{}: {}", what, why)};
  };
  switch (fault.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return refused("hosted.tls_expired",
                     "the hosted side's certificate has expired, or the clock here is wrong");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return refused(
          "hosted.tls_not_yet_valid",
          "the hosted side's certificate is not valid yet: the clock here is wrong, or it was made wrongly");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return refused("hosted.tls_self_signed",
                     "the hosted side's certificate is signed by nobody that is known here");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return refused("hosted.tls_unknown_ca",
                     "the authority that signed the hosted side's certificate is not known here");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return refused("hosted.tls_wrong_host", "the certificate is another host's");
    default: break;
  }
  const auto says = [&fault](std::string_view words) {
    return fault.detail.find(words) != std::string_view::npos;
  };
  if (says("subject name") || says("does not match")) {
    return refused("hosted.tls_wrong_host", "the certificate is another host's");
  }
  if (says("wrong version number") || says("packet length too long") || says("http request")) {
    return refused("hosted.tls_none", "no TLS is spoken there");
  }
  if (says("protocol version") || says("unsupported protocol") || says("no protocols")) {
    return refused("hosted.tls_protocol",
                   "the hosted side speaks only TLS versions that are not safe any more");
  }
  return refused("hosted.tls", "the hosted side's certificate or TLS was not accepted");
}

}  // namespace

Error name_fault(const CurlFault& fault) {
  const std::string why =
      core::printable(fault.detail.empty() ? curl_easy_strerror(fault.code) : fault.detail, 200);
  const auto says = [&fault](std::string_view words) {
    return fault.detail.find(words) != std::string_view::npos;
  };
  // Of a proxy only what it answered: curl's words may repeat its whole address.
  if (fault.code == CURLE_COULDNT_RESOLVE_PROXY || fault.code == CURLE_PROXY || says("proxy scheme") ||
      says("proxy syntax") || says("proxy name")) {
    return {ErrorKind::unreachable, "hosted.proxy",
            "the proxy cannot be used: its name or its address (https_proxy) is wrong"};
  }
  if (fault.proxy_status >= 300) {
    return {ErrorKind::unreachable, "hosted.proxy",
            fmt::format("the proxy answered {}{}", fault.proxy_status,
                        fault.proxy_status == 407 ? ": it wants a name and a password, or others" : "")};
  }
  if (fault.head_too_large || fault.code == CURLE_OUT_OF_MEMORY || says("response headers")) {
    return {ErrorKind::exhausted, "http.head_too_large", "the answer has too many or too long header lines"};
  }
  if (fault.body_too_large) {
    return {ErrorKind::exhausted, "http.body_too_large", "the hosted side's answer is too long"};
  }
  switch (fault.code) {
    case CURLE_OPERATION_TIMEDOUT: return {ErrorKind::timed_out, "http.timeout", why};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return tls_fault(fault, why);
    case CURLE_COULDNT_RESOLVE_HOST: return {ErrorKind::unreachable, "hosted.dns", why};
    case CURLE_COULDNT_CONNECT: return {ErrorKind::unreachable, "http.connect", why};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return {ErrorKind::corrupt, "http.response", why};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (says("HTTP/")) return {ErrorKind::corrupt, "http.response", why};
      return {ErrorKind::invalid_input, "http.url", why};
    default: break;
  }
  if (says("chunk") || says("Content-Length") || says("hexadecimal")) {
    return {ErrorKind::corrupt, "http.response", why};
  }
  return {ErrorKind::unreachable, "http.closed", why};
}

Error name_fault(CURL* transfer, CURLcode code, std::string_view detail) {
  CurlFault fault{.code = code, .detail = detail};
  curl_easy_getinfo(transfer, CURLINFO_SSL_VERIFYRESULT, &fault.verify_result);
  curl_easy_getinfo(transfer, CURLINFO_HTTP_CONNECTCODE, &fault.proxy_status);
  return name_fault(fault);
}

}  // namespace colony::daemon::hosted
