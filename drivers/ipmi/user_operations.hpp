#pragma once
// A BMC's users, as sequences of commands.

#include "drivers/bmc_users.hpp"
#include "drivers/ipmi/operations.hpp"

namespace colony::drivers::ipmi {

[[nodiscard]] core::Task<core::Result<std::vector<BmcUser>>> read_users(Link& link, core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<>> write_user_name(Link& link, UserId user, std::string name,
                                                         core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<>> write_user_access(Link& link, UserId user, UserAccess access,
                                                           core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<>> write_user_enabled(Link& link, UserId user, UserEnabled enabled,
                                                            core::BootTime deadline);
/// `password` is shared, because an operation may be copied.
using SharedSecret = std::shared_ptr<const core::Secret>;
[[nodiscard]] core::Task<core::Result<>> write_user_password(Link& link, UserId user, SharedSecret password,
                                                             core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<PasswordVerdict>> try_user_password(Link& link, UserId user,
                                                                          SharedSecret password,
                                                                          core::BootTime deadline);

}  // namespace colony::drivers::ipmi
