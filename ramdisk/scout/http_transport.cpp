#include "ramdisk/scout/http_transport.hpp"

#include <charconv>

namespace colony::ramdisk {

namespace {

/// RFC 9110 section 10.2.3, the form in seconds; our servers send no dates.
std::optional<core::Duration> retry_after(const core::http::Headers& headers) {
  const auto text = headers.find("Retry-After");
  if (!text) return std::nullopt;
  unsigned seconds = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (fault != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

core::Task<core::Result<Reply>> HttpTransport::post(std::string path, std::string body,
                                                    core::BootTime deadline) {
  core::http::ClientRequest request;
  request.method = core::http::Method::post;
  request.target = std::move(path);
  request.body = std::move(body);
  if (!request.headers.add("Content-Type", "application/json") ||
      !request.headers.add("Authorization", "Bearer " + std::string(token_.reveal()))) {
    co_return core::fail(core::ErrorKind::invalid_input, "scout.arguments",
                         "the boot token does not fit a header");
  }
  auto response = co_await exchange_.exchange(std::move(request), deadline);
  if (!response) co_return std::unexpected(response.error());
  co_return Reply{.status = core::http::code(response->status),
                  .body = std::move(response->body),
                  .retry_after = retry_after(response->headers)};
}

}  // namespace colony::ramdisk
