#pragma once
// A server on loopback that says exactly what it is told, on a thread of its own: whatever a hosted side, a
// proxy or somebody in between may put on the wire.

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "core/net/file_descriptor.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace colony::daemon::hosted::test {

class HostileServer {
 public:
  /// One connection, after its request's head was read.
  class Peer {
   public:
    Peer(int socket, ssl_st* tls, const std::atomic<bool>& stop) : socket_(socket), tls_(tls), stop_(stop) {}
    /// False when the other side is gone, which ends a flood.
    bool say(std::string_view bytes);
    void reset();        // closes with a RST
    void hold() const;   // until the other side goes
    void pause() const;  // 20 ms
    [[nodiscard]] std::string read_head();

   private:
    int socket_;
    ssl_st* tls_;
    const std::atomic<bool>& stop_;
  };
  using Serve = std::function<void(Peer&)>;
  enum class Tls : std::uint8_t { none, today, only_1_1 };

  /// `certificate`: path without .crt and .key.
  HostileServer(Serve serve, Tls tls, const std::string& certificate);
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;
  ~HostileServer();
  [[nodiscard]] unsigned port() const { return port_; }
  /// What clients said, all together; after the server is gone from the network.
  [[nodiscard]] std::string heard();

 private:
  void run();
  void serve_one(int socket);
  Serve serve_;
  Tls tls_;
  std::string certificate_;
  core::FileDescriptor listener_;
  unsigned port_ = 0;
  std::atomic<bool> stop_ = false;
  std::string heard_;
  std::thread thread_;
};

}  // namespace colony::daemon::hosted::test
