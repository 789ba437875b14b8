#include "daemon/init/hosted_reach.hpp"

#include <array>
#include <chrono>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include "core/bytes.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;

constexpr long connect_seconds = 4;
constexpr long total_seconds = 8;

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

std::size_t ignore(const char* /*data*/, std::size_t size, std::size_t count, void* /*context*/) {
  return size * count;
}

std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* context) {
  const std::string_view line(data, size * count);
  constexpr std::string_view name = "date:";
  const std::string start(line.substr(0, name.size()));
  if (curl_strequal(start.c_str(), "date:") != 0) {
    const std::string date(line.substr(name.size()));
    const std::time_t seconds = curl_getdate(date.c_str(), nullptr);
    if (seconds > 0) {
      *static_cast<std::optional<core::UtcTime>*>(context) = core::UtcTime(std::chrono::seconds(seconds));
    }
  }
  return line.size();
}

std::string tls_words(std::string_view code) {
  if (code == "hosted.tls_expired") return "its certificate has expired, or is not valid yet";
  if (code == "hosted.tls_name") return "its certificate is another host's";
  if (code == "hosted.tls_authority") return "no authority that we trust vouches for its certificate";
  return "its certificate or its TLS was not accepted";
}

std::unexpected<core::Error> reach_error(CURLcode code, long verdict, std::string_view words,
                                         const ApiUrl& url) {
  const std::string why = core::printable(words.empty() ? curl_easy_strerror(code) : words, 160);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return core::fail(ErrorKind::unreachable, "hosted.dns",
                        fmt::format("the name in {} has no address ({})", url.text(), why));
    case CURLE_COULDNT_CONNECT:
      return core::fail(ErrorKind::unreachable, "hosted.connect",
                        fmt::format("no connection to {} ({})", url.text(), why));
    case CURLE_OPERATION_TIMEDOUT:
      return core::fail(ErrorKind::timed_out, "hosted.timeout",
                        fmt::format("{} did not answer in time ({})", url.text(), why));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ISSUER_ERROR: {
      auto fault = tls_fault(verdict, words);
      auto text = fmt::format("{}: {} ({})", url.text(), tls_words(fault), why);
      return core::fail(ErrorKind::refused, std::move(fault), std::move(text));
    }
    default:
      return core::fail(ErrorKind::unreachable, "hosted.network",
                        fmt::format("talking to {}: {}", url.text(), why));
  }
}

}  // namespace

std::string tls_fault(long verdict, std::string_view words) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return "hosted.tls_expired";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return "hosted.tls_authority";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "hosted.tls_name";
    default: break;
  }
  // libcurl compares the name itself, after the chain was found good.
  const bool name = words.find("subject name") != std::string_view::npos ||
                    words.find("does not match") != std::string_view::npos;
  return name ? "hosted.tls_name" : "hosted.tls";
}

core::Result<HostedReach> reach_hosted(const ApiUrl& url, const FilePath& ca_file) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, CloseEasy> handle(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) return core::fail(ErrorKind::internal, "hosted.network", "libcurl did not start");
  CURL* const curl = handle.get();
  HostedReach reach;
  std::array<char, CURL_ERROR_SIZE> words{};
  curl_easy_setopt(curl, CURLOPT_URL, url.text().c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, total_seconds);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.text().c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "colony");
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reach.its_time);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return reach;
  long verdict = 0;
  curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &verdict);
  return reach_error(code, verdict, words.data(), url);
}

}  // namespace colony::daemon
