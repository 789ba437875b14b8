#pragma once
// Who may log in to a BMC, whatever the driver: names, rights, passwords (IPMI 2.0 sections 22.26-22.31). A
// driver that can tell hands this out with Bmc::users(). Rights are those on the channel of the session.
//
// Everything here sets to a given value, so doing it again does no harm. A session that is open stays open
// when its user's password changes, on most BMCs; some end it. Who needs to know whether a new password works
// logs in with it: a BMC that said yes may have kept the old one.

#include <vector>

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "drivers/bmc_user_values.hpp"

namespace colony::drivers {

class BmcUsers {
 public:
  virtual ~BmcUsers() = default;
  /// Every user that has a name, by number.
  [[nodiscard]] virtual core::Task<core::Result<std::vector<BmcUser>>> users(core::BootTime deadline) = 0;
  /// ipmi.credentials for a name over 16 bytes.
  [[nodiscard]] virtual core::Task<core::Result<>> set_name(UserId user, std::string name,
                                                            core::BootTime deadline) = 0;
  /// Whether, and with how many rights, the user may log in over this channel.
  [[nodiscard]] virtual core::Task<core::Result<>> set_access(UserId user, UserAccess access,
                                                              core::BootTime deadline) = 0;
  [[nodiscard]] virtual core::Task<core::Result<>> set_enabled(UserId user, UserEnabled enabled,
                                                               core::BootTime deadline) = 0;
  /// Up to 16 bytes in the 16-byte form, which old BMCs know too, else in the 20-byte form.
  [[nodiscard]] virtual core::Task<core::Result<>> set_password(UserId user, core::Secret password,
                                                                core::BootTime deadline) = 0;
  /// The BMC's own word for it; a login is the better proof. Many BMCs tell the 16- and the 20-byte form
  /// apart.
  [[nodiscard]] virtual core::Task<core::Result<PasswordVerdict>> test_password(UserId user,
                                                                                core::Secret password,
                                                                                core::BootTime deadline) = 0;
};

}  // namespace colony::drivers
