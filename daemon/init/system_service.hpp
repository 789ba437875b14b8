#pragma once
// ServiceControl on this machine: systemctl and the user database.

#include <vector>

#include "daemon/init/init.hpp"

namespace colony::daemon {

/// `ours` (as environ(7)) without the variables that carry secrets: systemctl and its children need none, and
/// what they were given can be read for as long as they run. Points into `ours`.
[[nodiscard]] std::vector<char*> environment_of_children(char** ours);

class SystemService final : public ServiceControl {
 public:
  explicit SystemService(const Instance& instance) : unit_(instance.unit() + ".service") {}
  /// The user `colony`, made by systemd-sysusers when the package's file is there and the user is not.
  /// nullopt when we are not root or systemd is not running: then nobody but us runs the daemon.
  [[nodiscard]] std::optional<FileOwner> service_user() override;
  [[nodiscard]] core::Result<Started> start(bool changed) override;

 private:
  std::string unit_;
};

}  // namespace colony::daemon
