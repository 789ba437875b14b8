#include "daemon/init/hosted_reach.hpp"

#include <array>
#include <chrono>
#include <memory>

#include <curl/curl.h>

#include "daemon/hosted/curl_fault.hpp"

namespace colony::daemon {

namespace {

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

}  // namespace

core::Result<HostedReach> reach_hosted(const ApiUrl& url, const FilePath& ca_file) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, CloseEasy> handle(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) return core::fail(core::ErrorKind::internal, "hosted.network", "libcurl did not start");
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
  return std::unexpected(core::with_context(hosted::name_fault(curl, code, words.data()), url.text()));
}

}  // namespace colony::daemon
