#pragma once
// One DHCP conversation of one boot program, as PXE 2.1 section 2.2 tells it: DISCOVER, collect offers of
// addresses and of boot servers (ProxyDHCP), REQUEST, and where the proxy's offer leaves the boot file open,
// ask that proxy on port 4011. Pure: replies and time in, packets to send out.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "hw-sim/firmware/dhcp_packet.hpp"

namespace colony::hw_sim {

struct DhcpTimings {
  core::Duration first_timeout = std::chrono::seconds(4);  // doubled at every attempt (PXE 2.1 section 2.2.1)
  unsigned attempts = 4;
  core::Duration offer_wait = std::chrono::seconds(1);  // after an address offer, for a ProxyDHCP offer
};

struct DhcpSend {
  DhcpRequestFields fields;
  std::optional<core::Ipv4Address> proxy;  // set: unicast to this server's port 4011; else broadcast
};

/// What the conversation came to.
struct DhcpLease {
  core::Ipv4Address address;
  std::uint8_t prefix_length = 0;
  core::Ipv4Address server_id;
  core::Ipv4Address boot_server;  // where a bare file name is fetched from by TFTP
  std::string boot_file;          // file name or URL; empty only for an operating system
  bool boot_from_proxy = false;
};

enum class DhcpFailure : std::uint8_t {
  no_offer,      // PXE-E51
  no_boot_file,  // PXE-E53
  refused,       // DHCPNAK
  no_ack,
  proxy_silent,  // PXE-E55: port 4011 did not answer
};
std::string_view name(DhcpFailure failure);

class DhcpClient {
 public:
  using Outcome = std::variant<DhcpLease, DhcpFailure>;

  DhcpClient(DhcpIdentity identity, Xid xid, DhcpTimings timings)
      : identity_(std::move(identity)), xid_(xid), timings_(timings) {}

  [[nodiscard]] std::vector<DhcpSend> start(core::BootTime now);
  /// Replies for other clients or other conversations are ignored.
  [[nodiscard]] std::vector<DhcpSend> on_reply(const DhcpReply& reply, core::BootTime now);
  [[nodiscard]] std::vector<DhcpSend> on_deadline(core::BootTime now);

  /// When on_deadline wants to be called; nullopt once there is an outcome.
  [[nodiscard]] std::optional<core::BootTime> deadline() const;
  [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }
  /// The address is the client's from the ACK on, before port 4011 is asked.
  [[nodiscard]] std::optional<core::Ipv4Address> address() const;
  [[nodiscard]] const DhcpIdentity& identity() const { return identity_; }
  [[nodiscard]] Xid xid() const { return xid_; }

 private:
  enum class State : std::uint8_t { idle, selecting, requesting, asking_proxy, done };

  [[nodiscard]] std::vector<DhcpSend> discover(core::BootTime now);
  [[nodiscard]] std::vector<DhcpSend> request(core::BootTime now);
  [[nodiscard]] std::vector<DhcpSend> ask_proxy(core::BootTime now);
  [[nodiscard]] std::vector<DhcpSend> acknowledged(const DhcpReply& reply, core::BootTime now);
  void collect(const DhcpReply& reply, core::BootTime now);
  [[nodiscard]] bool is_boot_offer(const DhcpReply& reply) const;
  [[nodiscard]] bool names_boot_file(const DhcpReply& reply) const;
  void end(Outcome outcome);
  [[nodiscard]] core::Duration timeout() const;
  [[nodiscard]] std::uint16_t seconds(core::BootTime now) const;

  DhcpIdentity identity_;
  Xid xid_;
  DhcpTimings timings_;
  State state_ = State::idle;
  unsigned attempt_ = 0;
  core::BootTime started_{};
  core::BootTime deadline_{};
  std::optional<DhcpReply> address_offer_;
  std::optional<DhcpReply> proxy_offer_;
  std::optional<DhcpReply> ack_;
  std::optional<Outcome> outcome_;
};

}  // namespace colony::hw_sim
