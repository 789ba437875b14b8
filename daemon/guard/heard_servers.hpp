#pragma once
// Who answers DHCP on the link, as far as it was heard lately. A pure table, bounded: whoever floods it with
// invented servers pushes out the stalest ones, and is a finding by then.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/address.hpp"
#include "core/clock.hpp"
#include "pxe/dhcp/server_probe.hpp"

namespace colony::daemon::guard {

/// What a server says of booting, beside an address.
enum class BootSpeech : std::uint8_t {
  nothing,
  file,       // a boot file for everybody who asks, as DHCP servers have it
  proxy,      // PXE's own words: what ProxyDHCP servers say
  class_only  // "PXEClient" (option 60) without option 43: firmware waits on port 4011 for the rest
};
[[nodiscard]] BootSpeech boot_speech(const pxe::dhcp::ServerAnswer& answer);

struct HeardServer {
  struct Said {
    pxe::dhcp::ServerAnswer answer;
    core::BootTime at;
    bool to_us = false;  // in answer to our own question
  };
  core::Ipv4Address server;
  core::BootTime first_heard;
  std::optional<Said> lease;  // the last offer of an address
  std::optional<Said> boot;   // the last answer with boot speech
  std::uint64_t answered_round = 0;
  // Answered the same question as another server. The two halves of a fail-over pair share the questions
  // between them: these two do not know each other.
  bool beside_another = false;

  [[nodiscard]] core::BootTime last_heard() const;
  [[nodiscard]] std::optional<core::MacAddress> mac() const;
};

class HeardServers {
 public:
  static constexpr std::size_t most = 32;

  /// `round`: of our questions; 0 for an answer to somebody else.
  void hear(pxe::dhcp::ServerAnswer answer, std::uint64_t round, core::BootTime now);
  /// What was said to us before `ours`, and to others before `others`, no longer counts.
  void forget(core::BootTime ours, core::BootTime others);

  /// In the order in which they were first heard.
  [[nodiscard]] const std::vector<HeardServer>& all() const { return servers_; }

 private:
  [[nodiscard]] HeardServer& entry(core::Ipv4Address server, core::BootTime now);

  std::vector<HeardServer> servers_;
};

}  // namespace colony::daemon::guard
