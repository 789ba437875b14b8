#pragma once
// HTTP/1.1 messages as values (RFC 9110, 9112). What a handler receives has been checked and bounded; what it
// returns is a status, headers and one of four bodies.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/address.hpp"
#include "core/async/task.hpp"
#include "core/error.hpp"
#include "core/json.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::core::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del };
std::string_view name(Method method);  // "GET"
std::optional<Method> parse_method(std::string_view text);

/// The statuses we send; a client may meet others, kept as their number.
enum class Status : std::uint16_t {
  ok = 200,
  created = 201,
  accepted = 202,
  no_content = 204,
  partial_content = 206,
  not_modified = 304,
  bad_request = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  content_too_large = 413,
  uri_too_long = 414,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  unprocessable = 422,
  too_many_requests = 429,
  fields_too_large = 431,
  internal_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  unavailable = 503,
  gateway_timeout = 504,
  version_not_supported = 505,
};
std::string_view reason(Status status);
[[nodiscard]] inline unsigned code(Status status) {
  return static_cast<unsigned>(status);
}
[[nodiscard]] inline bool is_success(Status status) {
  return code(status) >= 200 && code(status) < 300;
}

/// Header fields in the order they came; names compare without case (RFC 9110 section 5.1).
class Headers {
 public:
  /// The first field of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// Appends. A name or value that could break the message's framing is refused (false).
  bool add(std::string_view name, std::string_view value);
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Who is at the other end: an address on TCP, credentials (SO_PEERCRED) on a unix socket.
struct TcpPeer {
  Ipv4Address address;
  std::uint16_t port = 0;
};
struct UnixPeer {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
};
using Peer = std::variant<TcpPeer, UnixPeer>;

using TextMap = std::map<std::string, std::string, std::less<>>;

struct HttpRequest {
  Method method = Method::get;
  std::string path;  // percent-decoded, starts with '/', no "." or ".." segment, no control bytes
  TextMap query;     // decoded; a key occurs once
  TextMap params;    // from the route's pattern: "/assets/{id}" gives "id"
  Headers headers;
  std::string body;  // at most the route's limit
  Peer peer;

  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view key) const;
  /// "" when the route has no such parameter.
  [[nodiscard]] std::string_view param(std::string_view key) const;
  [[nodiscard]] std::optional<Ipv4Address> peer_address() const;
};

/// Bytes that outlive one response: a boot program, a rendered script.
struct SharedBody {
  std::shared_ptr<const std::string> bytes;
};
/// A file that is already open; sent with sendfile(2). Range requests are answered by the server.
struct FileBody {
  std::shared_ptr<const FileDescriptor> file;
  std::uint64_t size = 0;
};
/// Chunks as they come, until nullopt: server-sent events, long lists. The coroutine bounds its own waits; a
/// chunk every 30 s or so lets the server notice a peer that is gone.
struct StreamBody {
  std::function<Task<std::optional<std::string>>()> next;
};
using Body = std::variant<std::string, SharedBody, FileBody, StreamBody>;

/// What became of a response's body. `acknowledged`: every byte of the answered range was handed to the
/// kernel and acknowledged by the peer's TCP (SIOCOUTQ is 0 and the connection was not reset). It does not
/// say that the program at the other end read them; nothing below the application can.
struct Delivery {
  std::uint64_t first = 0;  // offset of the answered range
  std::uint64_t bytes = 0;  // handed to the kernel
  std::uint64_t size = 0;   // of the whole body
  bool acknowledged = false;
  [[nodiscard]] bool complete() const { return acknowledged && first == 0 && bytes == size; }
};

struct HttpResponse {
  Status status = Status::ok;
  Headers headers;  // Content-Length, Connection, Date and ranges are the server's business
  Body body;
  bool whole_only = false;  // a Range is passed over, as RFC 9110 section 14.2 allows
  /// Called exactly once, when the response's fate is known, before the connection goes on; also for a
  /// response of which nothing was sent or due (HEAD, 304, 416): not acknowledged, no bytes. Only a server
  /// that is stopped meanwhile does not call: no call means not delivered.
  std::function<Task<>(Delivery)> on_delivered;
};

using Handler = std::function<Task<HttpResponse>(HttpRequest)>;

[[nodiscard]] HttpResponse text_response(Status status, std::string_view content_type, std::string body);
[[nodiscard]] HttpResponse json_response(Status status, const Json& body);
/// `{"error","code","details"}`; code in the documented form: "asset.not_found" goes out as
/// "ASSET_NOT_FOUND".
[[nodiscard]] HttpResponse error_response(Status status, std::string_view code, std::string_view error,
                                          std::string_view details = {});
/// The status follows from the error's kind, which stands in the body too ("kind").
[[nodiscard]] HttpResponse error_response(const Error& error);
[[nodiscard]] Status status_of(ErrorKind kind);

}  // namespace colony::core::http
