#pragma once
// Who may start a transfer: only clients we serve (an open TFTP server is a 60-fold amplifier), so many for
// one client, so many in all. Refusal is silence; the client asks again by itself.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "core/address.hpp"
#include "pxe/client_addresses.hpp"
#include "pxe/net/udp_peer.hpp"

namespace colony::pxe::tftp {

enum class ClientRule : std::uint8_t {
  known,   // machines that boot through us
  subnet,  // every address of the load balancer's network
};

struct AdmissionLimits {
  std::size_t per_client = 2;
  std::size_t ending_per_client = 8;  // beside those
  std::size_t total = 2048;
};

enum class Verdict : std::uint8_t {
  admitted,
  stranger,        // not served by the rule
  repeated,        // this very transfer is running: its own timer answers the lost reply
  client_is_busy,  // per_client reached
  server_is_busy,  // total reached
};
std::string_view name(Verdict verdict);

/// Running transfers, each named by the client's address and port (its TID, RFC 1350 section 4).
class Admission {
 public:
  Admission(ClientRule rule, core::Ipv4Network network, const ClientAddresses& addresses,
            AdmissionLimits limits)
      : rule_(rule), network_(network), addresses_(addresses), limits_(limits) {}

  /// Whether we speak to this address at all.
  [[nodiscard]] bool serves(core::Ipv4Address client) const;
  [[nodiscard]] std::optional<core::MacAddress> machine_at(core::Ipv4Address client) const {
    return addresses_.find(client);
  }
  /// `admitted` takes a place that leave() gives back.
  [[nodiscard]] Verdict enter(UdpPeer client);
  /// Everything was sent and only the last acknowledgement is missing: it does not keep its client from its
  /// next file any more (a ROM whose last acknowledgement was lost asks on at once, and tells nobody that its
  /// old port is closed).
  void is_ending(UdpPeer client);
  void leave(UdpPeer client);
  [[nodiscard]] std::size_t running() const { return transfers_.size(); }

 private:
  enum class Stage : bool { moving, ending };
  struct Load {
    std::size_t moving = 0;
    std::size_t ending = 0;
  };

  ClientRule rule_;
  core::Ipv4Network network_;
  const ClientAddresses& addresses_;
  AdmissionLimits limits_;
  std::map<UdpPeer, Stage> transfers_;
  std::map<core::Ipv4Address, Load> per_client_;
};

/// Gives a place back at the end of a scope.
class Place {
 public:
  Place(Admission& admission, UdpPeer client) : admission_(admission), client_(client) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { admission_.leave(client_); }

 private:
  Admission& admission_;
  UdpPeer client_;
};

}  // namespace colony::pxe::tftp
