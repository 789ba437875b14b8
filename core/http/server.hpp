#pragma once
// An HTTP/1.1 server over TCP (plain or TLS) and unix sockets. Everything from outside is bounded in size,
// number and time; pipelined requests are answered one after the other, never in parallel.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/async/timers.hpp"
#include "core/error.hpp"
#include "core/http/handshake_gate.hpp"
#include "core/http/router.hpp"
#include "core/log.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::core::http {

struct ServerLimits {
  std::size_t head_bytes = 16UL * 1024;
  std::size_t head_fields = 64;
  std::size_t connections = 1024;         // more take the place of who waits longest for a request, else 503
  std::size_t connections_per_peer = 64;  // by address; unix sockets count only in the total
  unsigned requests_per_connection = 1000;
  Duration head_time = std::chrono::seconds(10);   // from a request's first byte to the end of its head
  Duration body_time = std::chrono::seconds(30);   // the whole body
  Duration idle_time = std::chrono::seconds(60);   // between requests, and before the first
  Duration stall_time = std::chrono::seconds(30);  // a write without progress
  std::uint64_t slowest_rate = 4096;               // bytes a second, over a whole response of known length
  Duration acknowledge_time = std::chrono::seconds(15);  // for the peer's TCP after the last byte
  Duration linger_time = std::chrono::seconds(2);        // for the peer's end of connection after ours
  HandshakeLimits handshakes = {};                       // with TLS
};

/// PEM files: the certificate chain and its key.
struct TlsServerConfig {
  std::string cert_file;
  std::string key_file;
};

/// What the server did so far, for status and metrics.
struct ServerCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;             // for a full house or a full peer
  std::uint64_t shown_out = 0;           // had no request in hand when the house was full
  std::uint64_t handshakes = 0;          // begun
  std::uint64_t handshakes_failed = 0;   // also those that took too long
  std::uint64_t handshakes_refused = 0;  // closed before they began
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t body_bytes = 0;
  std::size_t open = 0;
};

class Server {
 public:
  /// `router` is used until the server is destroyed; routes may be added before start(). `name` stands in
  /// the log ("pxe.http").
  Server(Timers& timers, Log& log, const Router& router, ServerLimits limits = {}, std::string name = "http");
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Errors: http.tls_certificate, http.tls_key.
  [[nodiscard]] Result<> use_tls(const TlsServerConfig& config);
  /// Serves connections of a listening, non-blocking socket (AF_INET or AF_UNIX). May be called several
  /// times with different listeners.
  void start(FileDescriptor listener);
  /// Stops listening, ends every connection, waits for them. Await it before destruction.
  [[nodiscard]] Task<> stop();

  [[nodiscard]] const ServerCounters& counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The port a listening TCP socket got (bound to port 0).
[[nodiscard]] Result<std::uint16_t> local_port(const FileDescriptor& listener);

/// A listening unix socket at `path`, mode 0660, group `gid` when given. A socket left behind by a dead
/// process is replaced; one that answers is a conflict (http.socket_in_use).
class UnixListener {
 public:
  [[nodiscard]] static Result<UnixListener> open(const std::string& path,
                                                 std::optional<std::uint32_t> gid = std::nullopt);
  UnixListener(UnixListener&&) noexcept = default;
  UnixListener& operator=(UnixListener&&) = delete;
  /// Removes the file, if it is still the one we made.
  ~UnixListener();

  /// Once: for Server::start.
  [[nodiscard]] FileDescriptor take() { return std::move(fd_); }

 private:
  struct Made {
    std::string path;
    std::uint64_t device = 0, inode = 0;
  };
  UnixListener(FileDescriptor fd, Made made)
      : fd_(std::move(fd)), made_(std::make_unique<Made>(std::move(made))) {}
  FileDescriptor fd_;
  std::unique_ptr<Made> made_;
};

}  // namespace colony::core::http
