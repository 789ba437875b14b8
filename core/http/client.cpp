#include "core/http/client.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/http/link.hpp"
#include "core/http/parser.hpp"

namespace colony::core::http {

namespace {

constexpr std::size_t read_step = 64UL * 1024;

std::string describe(const Endpoint& endpoint) {
  if (const auto* tcp = std::get_if<TcpEndpoint>(&endpoint)) {
    return fmt::format("{}:{}", tcp->address.to_string(), tcp->port);
  }
  return std::get<UnixEndpoint>(endpoint).path;
}

/// What is at a socket's path when nobody answers there.
std::unexpected<Error> no_listener(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(ErrorKind::unreachable, "http.connect", fmt::format("{}: {}", path, std::strerror(errno)));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(ErrorKind::invalid_input, "http.not_a_socket", fmt::format("{} is not a socket", path));
  }
  return fail(ErrorKind::unreachable, "http.connect", fmt::format("{}: nobody listens there", path));
}

std::unexpected<Error> connect_error(const std::string& where, int error) {
  const bool path = where.contains('/');
  if (path && (error == ECONNREFUSED || error == ENOENT)) return no_listener(where);
  if (error == ECONNREFUSED || error == ENOENT) {
    return fail(ErrorKind::unreachable, "http.connect", fmt::format("{}: nobody listens there", where));
  }
  if (error == EACCES || error == EPERM) {
    return fail(ErrorKind::unauthorized, "http.permission",
                fmt::format("{}: permission denied; run as root, or be in its group (colony)", where));
  }
  return fail(ErrorKind::unreachable, "http.connect", fmt::format("{}: {}", where, std::strerror(error)));
}

std::unexpected<Error> link_error(const std::string& where, LinkError error) {
  if (error == LinkError::timed_out) {
    return fail(ErrorKind::timed_out, "http.timeout", fmt::format("{}: no answer in time", where));
  }
  return fail(ErrorKind::unreachable, "http.closed",
              fmt::format("{}: the connection was closed before the answer's end", where));
}

sockaddr_in socket_address(Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value());
  return out;
}

/// Starts connecting. 0, EINPROGRESS or what went wrong.
int begin_connect(const FileDescriptor& fd, const Endpoint& endpoint) {
  if (const auto* tcp = std::get_if<TcpEndpoint>(&endpoint)) {
    if (tcp->local_address) {
      const int on = 1;  // choose the port at connect time: many clients share few local addresses
      (void)::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      const sockaddr_in local = socket_address(*tcp->local_address, 0);
      if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) return errno;
    }
    const sockaddr_in remote = socket_address(tcp->address, tcp->port);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote) == 0 ? 0 : errno;
  }
  const auto& path = std::get<UnixEndpoint>(endpoint).path;
  sockaddr_un remote{};
  remote.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof remote.sun_path) return ENAMETOOLONG;
  std::memcpy(remote.sun_path, path.data(), path.size());
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote) == 0 ? 0 : errno;
}

Task<Result<std::unique_ptr<Link>>> connect(Timers& timers, const Endpoint& endpoint, BootTime deadline) {
  const bool tcp = std::holds_alternative<TcpEndpoint>(endpoint);
  const std::string where = describe(endpoint);
  FileDescriptor fd(::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) co_return connect_error(where, errno);
  const int begun = begin_connect(fd, endpoint);
  if (begun != 0 && begun != EINPROGRESS) co_return connect_error(where, begun);
  if (begun == EINPROGRESS) {
    FileDescriptor watched(::dup(fd.get()));
    if (!watched.valid()) co_return connect_error(where, errno);
    Readiness ready(timers, std::move(watched));
    if (!co_await ready.wait(Readiness::For::writing, deadline)) {
      co_return fail(ErrorKind::unreachable, "http.connect", fmt::format("{}: no answer in time", where));
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) co_return connect_error(where, error);
  }
  co_return make_plain_link(timers, std::move(fd));
}

Result<std::string> encode_head(const ClientRequest& request, const Endpoint& endpoint) {
  const bool target_ok =
      request.target.starts_with('/') && request.target.find_first_of(" \r\n\t") == std::string::npos;
  if (!target_ok) return fail(ErrorKind::invalid_input, "http.url", "the request target is malformed");
  std::string host = "localhost";
  if (std::holds_alternative<TcpEndpoint>(endpoint)) host = describe(endpoint);
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", name(request.method),
                                 request.target, host);
  if (!request.body.empty() || (request.method != Method::get && request.method != Method::head)) {
    head += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  for (const auto& [key, value] : request.headers.all()) head += fmt::format("{}: {}\r\n", key, value);
  return head + "\r\n";
}

/// Where a response's body goes, and how much of it.
class Intake {
 public:
  Intake(const ClientRequest& request, ClientResponse& response) : request_(request), response_(response) {}

  void take(const ResponseHead& head, std::string_view piece) {
    if (failure_) return;
    response_.body_bytes += piece.size();
    if (request_.sink && is_success(head.status)) {
      if (auto taken = request_.sink(piece); !taken) failure_ = taken.error();
      return;
    }
    if (response_.body.size() + piece.size() > request_.body_limit) {
      failure_ = Error{ErrorKind::exhausted, "http.body_too_large",
                       fmt::format("the answer is longer than {} bytes", request_.body_limit)};
      return;
    }
    response_.body.append(piece);
  }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  const ClientRequest& request_;
  ClientResponse& response_;
  std::optional<Error> failure_;
};

std::unexpected<Error> response_error(const std::string& where, ParseError error) {
  const bool cut = error == ParseError::truncated;
  return fail(cut ? ErrorKind::unreachable : ErrorKind::corrupt, cut ? "http.closed" : "http.response",
              fmt::format("{}: the answer was not understood: {}", where, name(error)));
}

/// Reads one response. We send no Expect, so no interim answer (1xx) comes.
Task<Result<ClientResponse>> receive(Link& link, const ClientRequest& request, const std::string& where,
                                     BootTime deadline) {
  const auto expect =
      request.method == Method::head ? ResponseParser::Expect::no_body : ResponseParser::Expect::body;
  ClientResponse response;
  Intake intake(request, response);
  ResponseParser parser({}, expect);
  std::vector<char> buffer(read_step);
  while (!parser.done()) {
    const auto got = co_await link.read_some(buffer, deadline);
    if (!got) co_return link_error(where, got.error());
    const auto fed = *got == 0 ? parser.finish()
                               : parser.feed({buffer.data(), *got},
                                             [&intake](const ResponseHead& head, std::string_view piece) {
                                               intake.take(head, piece);
                                             });
    if (!fed) co_return response_error(where, fed.error());
    if (const auto& failure = intake.failure()) co_return std::unexpected(*failure);
  }
  response.status = parser.head().status;
  response.headers = parser.head().headers;
  co_return response;
}

}  // namespace

Task<Result<ClientResponse>> Client::exchange(ClientRequest request, BootTime deadline) {
  const std::string where = describe(endpoint_);
  auto head = encode_head(request, endpoint_);
  if (!head) co_return std::unexpected(head.error());
  auto link = co_await connect(timers_, endpoint_, deadline);
  if (!link) co_return std::unexpected(link.error());
  std::uint64_t sent = 0;
  // A server may answer and close before it took the whole body (413): what it said is read all the same.
  const auto put =
      co_await (*link)->write(*head + request.body, {no_stall_limit, deadline}, Link::Flush::now, sent);
  if (!put && put.error() == LinkError::timed_out) co_return link_error(where, put.error());
  co_return co_await receive(**link, request, where, deadline);
}

}  // namespace colony::core::http
