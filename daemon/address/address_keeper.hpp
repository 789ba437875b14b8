#pragma once
// The load-balancer address for as long as the daemon lives: claimed, and claimed again after whatever took
// it. Nothing about the address ends the daemon: who has it, or what is missing, is told, and it is tried
// again.

#include "daemon/address/address_shell.hpp"

namespace colony::daemon {

/// Whoever works on the address.
class AddressUser {
 public:
  virtual ~AddressUser() = default;
  /// Before every claim: what depends on the interface, which may be there only now. An error ends keep().
  [[nodiscard]] virtual core::Task<core::Result<>> prepare() = 0;
  /// The address is ours. An error ends keep().
  [[nodiscard]] virtual core::Task<core::Result<>> on_held(ClaimedAddress claimed) = 0;
  /// It is not ours (any more), because of `why`.
  virtual void on_missing(const core::Error& why) = 0;
};

class AddressKeeper {
 public:
  static constexpr core::Duration usual_retry = std::chrono::seconds(60);

  /// All of them outlive the keeper.
  AddressKeeper(core::Timers& timers, const core::Log& log, AddressShell& shell, AddressUser& user,
                AddressWish wish, core::Duration retry = usual_retry)
      : timers_(timers), log_(log), shell_(shell), user_(user), wish_(std::move(wish)), retry_(retry) {}

  /// Ends with an error of the user's only.
  [[nodiscard]] core::Task<core::Error> keep();
  /// Now, instead of when the pause is over.
  void try_again() { shell_.look_again(); }

 private:
  [[nodiscard]] core::Task<core::Result<core::Error>> hold_once();
  void missing(const core::Error& why);

  core::Timers& timers_;
  const core::Log& log_;
  AddressShell& shell_;
  AddressUser& user_;
  AddressWish wish_;
  core::Duration retry_;
  std::string told_;  // the last reason, so that the log has it once
};

}  // namespace colony::daemon
