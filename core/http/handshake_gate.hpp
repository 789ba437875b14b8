#pragma once
// Who may begin a TLS handshake: it costs us a signature before anything is known of its peer. Pure: a peer
// and now in, a verdict out; memory is bounded whoever comes. Connections that are open already are not
// looked at.

#include <cstdint>
#include <map>
#include <optional>

#include "core/address.hpp"
#include "core/attempt_limit.hpp"
#include "core/rate_limit.hpp"

namespace colony::core::http {

struct HandshakeLimits {
  /// Of one address: three programs that open a connection for each request come by, at their keys' limits.
  AttemptRate rate{120, std::chrono::milliseconds(200)};
  std::size_t peers_remembered = 1024;  // the quietest is forgotten: it gets one burst more
  std::size_t under_way_of_peer = 16;
  std::size_t under_way = 256;
  Duration longest = std::chrono::seconds(10);  // from accept() to its end, however many bytes come
};

class HandshakeGate {
 public:
  explicit HandshakeGate(const HandshakeLimits& limits);

  enum class Why : std::uint8_t { too_often, peer_full, full };
  struct Refusal {
    Why why = Why::full;
    bool worth_a_line = false;  // once a minute for each peer, and for so many peers
  };
  /// Nothing: it may begin, and is under way until end().
  [[nodiscard]] std::optional<Refusal> begin(Ipv4Address peer, BootTime now);
  void end(Ipv4Address peer);

  [[nodiscard]] std::size_t under_way() const { return under_way_; }

 private:
  [[nodiscard]] std::optional<Why> objection(Ipv4Address peer, BootTime now) const;

  HandshakeLimits limits_;
  AttemptLimit<Ipv4Address> attempts_;
  RateLimit<Ipv4Address> lines_;
  std::map<Ipv4Address, std::size_t> of_peer_;  // under way
  std::size_t under_way_ = 0;
};

/// For the log.
[[nodiscard]] std::string_view name(HandshakeGate::Why why);

}  // namespace colony::core::http
