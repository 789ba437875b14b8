#pragma once
// One request, one response, by a deadline: the seam between those who ask over HTTP and the network. The
// client implements it over sockets; RouterExchange answers in memory, for simulations under virtual time.

#include <functional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/http/message.hpp"
#include "core/http/router.hpp"

namespace colony::core::http {

struct ClientRequest {
  Method method = Method::get;
  std::string target = "/";  // path and query, already percent-encoded
  Headers headers;           // Host, Content-Length and Connection are added
  std::string body;
  std::size_t body_limit = std::size_t{1} << 20;  // of the response, when it is collected

  /// When set, a 2xx body goes here piece by piece, unbounded, instead of into the response; an error ends
  /// the exchange with that error.
  std::function<Result<>(std::string_view piece)> sink;
};

struct ClientResponse {
  Status status = Status::ok;
  Headers headers;
  std::string body;
  std::uint64_t body_bytes = 0;  // collected or given to the sink
};

class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  /// Errors: http.connect (unreachable, refused), http.not_a_socket (invalid_input), http.permission,
  /// http.timeout, http.closed (before the response's end), http.response (malformed), http.body_too_large.
  /// Any status is a success of the exchange.
  [[nodiscard]] virtual Task<Result<ClientResponse>> exchange(ClientRequest request, BootTime deadline) = 0;
};

/// Straight into a router.
class RouterExchange final : public HttpExchange {
 public:
  RouterExchange(const Router& router, Peer peer) : router_(router), peer_(peer) {}
  [[nodiscard]] Task<Result<ClientResponse>> exchange(ClientRequest request, BootTime deadline) override;

 private:
  const Router& router_;
  Peer peer_;
};

}  // namespace colony::core::http
