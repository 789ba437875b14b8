#include "core/http/exchange.hpp"

#include <unistd.h>

#include "core/http/target.hpp"

namespace colony::core::http {

namespace {

std::optional<std::string> read_whole(const FileBody& file) {
  std::string out(file.size, '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const ssize_t got = ::pread(file.file->get(), out.data() + at, out.size() - at, static_cast<off_t>(at));
    if (got <= 0) return std::nullopt;
    at += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace

Task<Result<ClientResponse>> RouterExchange::exchange(ClientRequest request, BootTime) {
  auto target = parse_target(request.target);
  if (!target) co_return fail(ErrorKind::invalid_input, "http.url", std::string(name(target.error())));
  HttpRequest asked;
  asked.method = request.method;
  asked.path = std::move(target->path);
  asked.query = std::move(target->query);
  asked.headers = request.headers;
  asked.body = request.body;
  asked.peer = peer_;
  HttpResponse answer = co_await router_.handle(std::move(asked));

  ClientResponse response;
  response.status = answer.status;
  response.headers = answer.headers;
  const auto take = [&](std::string_view piece) -> Result<> {
    response.body_bytes += piece.size();
    if (request.sink && is_success(answer.status)) return request.sink(piece);
    if (response.body.size() + piece.size() > request.body_limit) {
      return fail(ErrorKind::exhausted, "http.body_too_large", "the answer is too long");
    }
    response.body.append(piece);
    return {};
  };
  Result<> taken;
  if (const auto* text = std::get_if<std::string>(&answer.body)) taken = take(*text);
  if (const auto* shared = std::get_if<SharedBody>(&answer.body)) taken = take(*shared->bytes);
  if (const auto* file = std::get_if<FileBody>(&answer.body)) {
    if (const auto whole = read_whole(*file)) {
      taken = take(*whole);
    } else {
      taken = fail(ErrorKind::io, "http.file", "a served file could not be read");
    }
  }
  if (const auto* stream = std::get_if<StreamBody>(&answer.body)) {
    while (taken) {
      const auto piece = co_await stream->next();
      if (!piece) break;
      taken = take(*piece);
    }
  }
  if (answer.on_delivered) {
    const std::uint64_t size = response.body_bytes;
    co_await answer.on_delivered(Delivery{0, size, size, taken.has_value()});
  }
  if (!taken) co_return std::unexpected(taken.error());
  co_return response;
}

}  // namespace colony::core::http
