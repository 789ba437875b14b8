#pragma once
// Whether a foreign TFTP server serves our tree: a probe file with a random name is read through it. Pure:
// what each reading brought in, what that means and when to read again out. TFTP counts as served from the
// first reading that succeeds until two in a row have failed.

#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/net/port_owner.hpp"

namespace colony::daemon {

class TftpProof {
 public:
  static constexpr core::Duration while_served = std::chrono::minutes(5);
  static constexpr core::Duration first_retry = std::chrono::seconds(1);
  static constexpr core::Duration longest_retry = std::chrono::seconds(30);

  explicit TftpProof(core::Ipv4Address address) : address_(address) {}

  /// The probe was read back as it was written.
  void on_read(core::BootTime now);
  /// It was not. `owner`: who holds the port.
  void on_failure(const core::Error& why, const std::optional<core::PortOwner>& owner, core::BootTime now);

  [[nodiscard]] bool served() const { return served_; }
  /// For the operator, with the next step; empty while all is well.
  [[nodiscard]] const std::string& finding() const { return finding_; }
  [[nodiscard]] core::BootTime next() const { return next_; }

 private:
  core::Ipv4Address address_;
  bool served_ = false;
  int failures_ = 0;  // in a row
  std::string finding_ = "machines cannot boot yet: the TFTP server is being tried";
  core::Duration retry_ = first_retry;
  core::BootTime next_{};
};

}  // namespace colony::daemon
