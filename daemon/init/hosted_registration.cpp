#include "daemon/init/hosted_registration.hpp"

#include <cstring>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "daemon/hosted/curl_fault.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;

constexpr std::size_t body_limit = 64UL * 1024;
constexpr long connect_seconds = 10;
constexpr long total_seconds = 30;

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// The list's copy of the key is wiped before it is freed.
struct WipeHeaders {
  void operator()(curl_slist* list) const {
    for (curl_slist* at = list; at != nullptr; at = at->next)
      core::wipe_memory(at->data, std::strlen(at->data));
    curl_slist_free_all(list);
  }
};

std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* context) {
  auto& body = *static_cast<std::string*>(context);
  if (body.size() + size * count > body_limit) return 0;  // ends the transfer with CURLE_WRITE_ERROR
  body.append(data, size * count);
  return size * count;
}

/// Named as doctor and the link name it, with what can be done at init.
core::Error network_error(CURL* curl, CURLcode code, std::string_view detail, const ApiUrl& url) {
  auto named = hosted::name_fault(curl, code, detail);
  if (code == CURLE_WRITE_ERROR) {  // on_body's
    named = {ErrorKind::exhausted, "http.body_too_large", "the hosted side's answer is too long"};
  }
  if (named.code == "http.connect") named.message += "; is the port open, is a proxy needed (HTTPS_PROXY)?";
  if (named.code == "http.timeout") named.message += "; is it blocked by a firewall?";
  if (named.code.starts_with("hosted.tls")) named.message += "; a private authority is named with --ca-file";
  return core::with_context(std::move(named), url.text());
}

core::Result<HostedAnswer> call(const HostedAccess& access, const char* method, const std::string& path,
                                const std::string& body) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, CloseEasy> handle(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) return core::fail(ErrorKind::internal, "hosted.network", "libcurl did not start");
  CURL* const curl = handle.get();

  std::string authorization = fmt::format("Authorization: Bearer {}", access.key.reveal());
  std::unique_ptr<curl_slist, WipeHeaders> headers(curl_slist_append(nullptr, authorization.c_str()));
  core::wipe_text(authorization);
  // Appending to a list that is there returns the same list.
  if (!headers || curl_slist_append(headers.get(), "Content-Type: application/json") == nullptr ||
      curl_slist_append(headers.get(), "Accept: application/json") == nullptr) {
    return core::fail(ErrorKind::internal, "hosted.network", "out of memory");
  }

  HostedAnswer answer;
  std::array<char, CURL_ERROR_SIZE> detail{};
  const std::string url = access.url.text() + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);  // a key is not carried to another host
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, total_seconds);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!access.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, access.ca_file.text().c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "colony");
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return std::unexpected(network_error(curl, code, detail.data(), access.url));

  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t retry_after = 0;
  if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0) {
    answer.retry_after = std::to_string(retry_after);
  }
  return answer;
}

/// False when the agent is not known with this key.
core::Result<bool> beat(const HostedAccess& access, const Word& agent, const char* status) {
  const core::Json body{{"state", {{"status", status}}}};
  char* const escaped =
      curl_easy_escape(nullptr, agent.text().c_str(), static_cast<int>(agent.text().size()));
  if (escaped == nullptr) return core::fail(ErrorKind::internal, "hosted.network", "out of memory");
  const std::string path = fmt::format("/api/v1/agents/{}/heartbeat", escaped);
  curl_free(escaped);
  const auto answer = call(access, "PATCH", path, core::dump_json(body));
  if (!answer) return std::unexpected(answer.error());
  return read_greeting(*answer);
}

}  // namespace

core::Result<Registered> CurlRegistration::register_agent(const HostedAccess& access,
                                                          const Word& datacenter) {
  const core::Json body{{"datacenter_id", datacenter.text()}, {"state", {{"status", "initializing"}}}};
  const auto answer = call(access, "POST", "/api/v1/agents", core::dump_json(body));
  if (!answer) return std::unexpected(answer.error());
  return read_registration(*answer, datacenter);
}

core::Result<bool> CurlRegistration::greet(const HostedAccess& access, const Word& agent) {
  return beat(access, agent, "initializing");
}

core::Result<bool> CurlRegistration::prove(const HostedAccess& access, const Word& agent) {
  if (!agent.empty()) return beat(access, agent, "running");
  const auto answer = call(access, "GET", "/api/v1/assets", "");
  if (!answer) return std::unexpected(answer.error());
  return read_greeting(*answer);
}

}  // namespace colony::daemon
