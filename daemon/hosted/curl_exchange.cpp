#include "daemon/hosted/curl_exchange.hpp"

#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "daemon/hosted/curl_engine.hpp"
#include "daemon/hosted/curl_fault.hpp"

namespace colony::daemon::hosted {

using core::ErrorKind;
using core::Result;
using core::http::ClientRequest;
using core::http::ClientResponse;

namespace {

constexpr long connect_timeout_ms = 10'000;
constexpr std::size_t most_headers = 64;
constexpr std::size_t longest_header = 8192;

/// curl's list of header lines; every line is wiped, since one of them is the key.
class HeaderLines {
 public:
  HeaderLines() = default;
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;
  ~HeaderLines() {
    for (curl_slist* line = lines_; line != nullptr; line = line->next) {
      core::wipe_memory(line->data, std::strlen(line->data));
    }
    curl_slist_free_all(lines_);
  }
  void add(std::string line) {
    lines_ = curl_slist_append(lines_, line.c_str());
    core::wipe_text(line);
  }
  [[nodiscard]] curl_slist* get() const { return lines_; }

 private:
  curl_slist* lines_ = nullptr;
};

struct Received {
  ClientResponse response;
  std::size_t body_limit = 0;
  bool body_too_large = false;
  bool head_too_large = false;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* received) {
  auto& into = *static_cast<Received*>(received);
  const std::size_t bytes = size * count;
  if (into.response.body.size() + bytes > into.body_limit) {
    into.body_too_large = true;
    return 0;
  }
  into.response.body.append(data, bytes);
  into.response.body_bytes += bytes;
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* received) {
  auto& into = *static_cast<Received*>(received);
  const std::size_t bytes = size * count;
  std::string_view line(data, bytes);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' '))
    line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    into.response.headers = {};  // of a 100 Continue, or of a proxy before
    return bytes;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return bytes;
  if (bytes > longest_header || into.response.headers.all().size() >= most_headers) {
    into.head_too_large = true;
    return 0;
  }
  auto value = line.substr(colon + 1);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  (void)into.response.headers.add(line.substr(0, colon), value);
  return bytes;
}

void set_body(CURL* easy, const ClientRequest& request) {
  const bool has_body = request.method == core::http::Method::post ||
                        request.method == core::http::Method::put ||
                        request.method == core::http::Method::patch;
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  } else if (request.method == core::http::Method::head) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  const std::string method(core::http::name(request.method));
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());  // curl copies it
}

void set_transport(CURL* easy, const CurlOptions& options) {
  const bool tls = options.url.starts_with("https://");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A proxy's answer to CONNECT is not the hosted side's, and the key is not for the proxy.
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // this authority and no other
  }
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
}

}  // namespace

CurlExchange::CurlExchange(core::Timers& timers, CurlOptions options, core::Secret key)
    : timers_(timers),
      options_(std::move(options)),
      base_(options_.url),
      keys_(std::move(key)),
      engine_(std::make_shared<CurlEngine>(timers)) {
  while (base_.ends_with('/')) base_.pop_back();
  // The reference gives the base with it, the command line without.
  if (!base_.ends_with("/api/v1")) base_ += "/api/v1";
}

CurlExchange::~CurlExchange() = default;

Result<std::unique_ptr<CurlExchange>> CurlExchange::open(core::Timers& timers, CurlOptions options) {
  if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0) {
    return core::fail(ErrorKind::invalid_input, "hosted.ca_file",
                      fmt::format("{}: {}", options.ca_file, std::strerror(errno)));
  }
  auto key = options.read_key();
  if (!key) return std::unexpected(std::move(key.error()));
  return std::unique_ptr<CurlExchange>(new CurlExchange(timers, std::move(options), std::move(*key)));
}

bool CurlExchange::take_up_new_key() {
  auto key = options_.read_key();
  key_fault_ = key ? std::nullopt : std::optional(std::move(key.error()));
  return key && keys_.offer(std::move(*key));
}

core::Task<Result<ClientResponse>> CurlExchange::exchange(ClientRequest request, core::BootTime deadline) {
  // In this order: the transfer leaves curl first, then its headers are wiped.
  Received received;
  received.body_limit = request.body_limit;
  std::array<char, CURL_ERROR_SIZE> detail{};
  HeaderLines headers;
  CurlTransfer transfer(timers_, engine_);
  CURL* const easy = transfer.easy();

  const std::string url = base_ + request.target;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  set_transport(easy, options_);
  set_body(easy, request);
  std::string authorization = "Authorization: Bearer ";
  authorization.reserve(authorization.size() + keys_.current().reveal().size());
  authorization += keys_.current().reveal();
  headers.add(std::move(authorization));
  headers.add("Expect:");  // no 100-continue round trip
  if (!request.body.empty()) headers.add("Content-Type: application/json");
  for (const auto& [name, value] : request.headers.all()) headers.add(fmt::format("{}: {}", name, value));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &received);

  const auto code = co_await transfer.run(deadline);
  if (!code)
    co_return core::fail(ErrorKind::timed_out, "http.timeout", "the hosted side did not answer in time");
  if (*code != CURLE_OK) {
    CurlFault fault{.code = *code,
                    .detail = detail.data(),
                    .body_too_large = received.body_too_large,
                    .head_too_large = received.head_too_large};
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &fault.verify_result);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &fault.proxy_status);
    co_return std::unexpected(name_fault(fault));
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  received.response.status = static_cast<core::http::Status>(status);
  co_return std::move(received.response);
}

}  // namespace colony::daemon::hosted
