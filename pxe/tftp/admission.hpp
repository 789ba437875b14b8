#pragma once
// Who may start a transfer: only clients we serve (an open TFTP server is a 60-fold amplifier), so many for
// one client, so many in all. Refusal is silence; the client asks again by itself.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/clock.hpp"
#include "core/rate_limit.hpp"
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
  succeeds,        // admitted, and the transfer that its port had until now has lost its place
  stranger,        // not served by the rule
  repeated,        // this very transfer is running: its own timer answers the lost reply
  client_is_busy,  // per_client reached
  server_is_busy,  // total reached
};
std::string_view name(Verdict verdict);

/// A place among the running transfers.
struct Ticket {
  UdpPeer client;
  std::uint64_t number = 0;
};

/// Running transfers, each named by the client's address and port (its TID, RFC 1350 section 4).
class Admission {
 public:
  /// One client leaves transfers in their middle no faster: each time a block is sent, perhaps to an address
  /// that somebody forged.
  static constexpr core::Duration between_files = std::chrono::milliseconds(100);

  Admission(ClientRule rule, core::Ipv4Network network, const ClientAddresses& addresses,
            AdmissionLimits limits)
      : rule_(rule),
        network_(network),
        addresses_(addresses),
        limits_(limits),
        changes_(between_files, limits.total) {}

  /// Whether we speak to this address at all.
  [[nodiscard]] bool serves(core::Ipv4Address client) const;
  [[nodiscard]] std::optional<core::MacAddress> machine_at(core::Ipv4Address client) const {
    return addresses_.find(client);
  }
  struct Entered {
    Verdict verdict = Verdict::stranger;
    Ticket ticket;  // when admitted: a place that leave() gives back
  };
  /// A port that asks for another file, or again for one that was sent whole, has left its transfer: some
  /// ROMs have one port for all they load.
  [[nodiscard]] Entered enter(UdpPeer client, std::string_view file, core::BootTime now);
  /// Another transfer may have taken its place.
  [[nodiscard]] bool holds(const Ticket& ticket) const;
  /// Everything was sent and only the last acknowledgement is missing: it does not keep its client from its
  /// next file any more (a ROM whose last acknowledgement was lost asks on at once, and tells nobody that its
  /// old port is closed).
  void is_ending(const Ticket& ticket);
  void leave(const Ticket& ticket);
  [[nodiscard]] std::size_t running() const { return transfers_.size(); }

 private:
  enum class Stage : bool { moving, ending };
  struct Transfer {
    std::uint64_t number = 0;
    std::string file;
    Stage stage = Stage::moving;
  };
  struct Load {
    std::size_t moving = 0;
    std::size_t ending = 0;
  };

  ClientRule rule_;
  core::Ipv4Network network_;
  const ClientAddresses& addresses_;
  AdmissionLimits limits_;
  std::map<UdpPeer, Transfer> transfers_;
  std::map<core::Ipv4Address, Load> per_client_;
  std::uint64_t last_number_ = 0;
  core::RateLimit<core::Ipv4Address> changes_;
};

/// Gives a place back at the end of a scope.
class Place {
 public:
  Place(Admission& admission, Ticket ticket) : admission_(admission), ticket_(ticket) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { admission_.leave(ticket_); }

 private:
  Admission& admission_;
  Ticket ticket_;
};

}  // namespace colony::pxe::tftp
