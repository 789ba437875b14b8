#pragma once
// Counts the wire messages that reach the rack from the appliance, and strikes at the k-th: on receipt of it,
// before the rack acts on it or answers. A crash walk runs once for every k until a run ends without a
// strike. What counts as one message: docs/hw-sim.md.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "core/address.hpp"

namespace colony::hw_sim {

enum class WireMessage : std::uint8_t {
  bmc_request,
  dhcp_reply,
  tftp_start,     // the first datagram of a transfer
  http_response,  // whole, of firmware or Talos
  scout_response,
};

[[nodiscard]] constexpr std::string_view name(WireMessage message) {
  switch (message) {
    case WireMessage::bmc_request: return "BMC request";
    case WireMessage::dhcp_reply: return "DHCP reply";
    case WireMessage::tftp_start: return "TFTP transfer";
    case WireMessage::http_response: return "HTTP response";
    case WireMessage::scout_response: return "scout response";
  }
  return "?";
}

class WireCount {
 public:
  /// `appliance`: only what comes from there counts; unspecified: everything.
  WireCount(core::Ipv4Address appliance, std::optional<std::uint64_t> strike_at, std::function<void()> strike)
      : appliance_(appliance), strike_at_(strike_at), strike_(std::move(strike)) {}

  void received(WireMessage message, core::Ipv4Address from) {
    if (!appliance_.is_unspecified() && from != appliance_) return;
    ++total_;
    ++by_kind_[static_cast<std::size_t>(message)];
    if (strike_at_ != total_) return;
    struck_ = message;
    strike_();
  }

  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::uint64_t of(WireMessage message) const {
    return by_kind_[static_cast<std::size_t>(message)];
  }
  /// What it struck at.
  [[nodiscard]] std::optional<WireMessage> struck() const { return struck_; }

 private:
  core::Ipv4Address appliance_;
  std::optional<std::uint64_t> strike_at_;
  std::function<void()> strike_;
  std::uint64_t total_ = 0;
  std::uint64_t by_kind_[5] = {};
  std::optional<WireMessage> struck_;
};

}  // namespace colony::hw_sim
