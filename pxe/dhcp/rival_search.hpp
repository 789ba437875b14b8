#pragma once
// Does another DHCP server answer on this link? We ask as a client would, and never take up what is offered.
// Pure: frames in, frames and findings out. Once, before we serve; daemon/guard watches from then on.

#include <optional>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "pxe/dhcp/server_probe.hpp"

namespace colony::pxe::dhcp {

struct RivalServer {
  core::Ipv4Address server;             // its server identifier
  std::optional<core::MacAddress> mac;  // where its answer came from on the link: the server, or a relay
  friend bool operator==(const RivalServer&, const RivalServer&) = default;
};

/// One search: a DISCOVER sent `times` times, `interval` apart, and the same time to listen after the last.
class RivalSearch {
 public:
  static constexpr int times = 2;
  static constexpr core::Duration interval = std::chrono::milliseconds(1500);

  RivalSearch(core::MacAddress mac, core::Ipv4Address own_address, Xid xid)
      : mac_(mac), own_address_(own_address), xid_(xid) {}

  [[nodiscard]] core::Bytes discover_frame() const {
    return dhcp::discover_frame(mac_, xid_, Flavour::plain);
  }
  /// An offer of an address, in answer to us. A ProxyDHCP that offers none is no rival.
  [[nodiscard]] std::optional<RivalServer> on_frame(core::ByteView frame) const;

 private:
  core::MacAddress mac_;
  core::Ipv4Address own_address_;
  Xid xid_;
};

}  // namespace colony::pxe::dhcp
