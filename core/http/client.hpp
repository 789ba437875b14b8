#pragma once
// A small HTTP/1.1 client for plain HTTP over TCP and unix sockets: scout, hw-sim's firmware, `colony`. One
// connection per exchange. No names, no TLS, no redirects: the hosted link uses libcurl.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/async/timers.hpp"
#include "core/http/exchange.hpp"

namespace colony::core::http {

struct TcpEndpoint {
  Ipv4Address address;
  std::uint16_t port = 80;
  std::optional<Ipv4Address> local_address;  // bound before connecting (IP_FREEBIND is not set)
};
struct UnixEndpoint {
  std::string path;
};
using Endpoint = std::variant<TcpEndpoint, UnixEndpoint>;

struct Url {
  TcpEndpoint endpoint;
  std::string target;  // path and query as written, at least "/"
};
/// "http://A.B.C.D[:PORT][/PATH][?QUERY]". Errors: http.url, naming what is wrong.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

class Client final : public HttpExchange {
 public:
  Client(Timers& timers, Endpoint endpoint) : timers_(timers), endpoint_(std::move(endpoint)) {}
  [[nodiscard]] Task<Result<ClientResponse>> exchange(ClientRequest request, BootTime deadline) override;

 private:
  Timers& timers_;
  Endpoint endpoint_;
};

}  // namespace colony::core::http
