#pragma once
// A BMC's users as values: codecs and simulators use them without coroutines.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/secret.hpp"

namespace colony::drivers {

/// 1 to 63; user 1 has no name on most BMCs.
struct UserId {
  std::uint8_t value = 0;
  friend auto operator<=>(const UserId&, const UserId&) = default;
};

enum class UserPrivilege : std::uint8_t {
  none = 0x0f,
  callback = 1,
  user = 2,
  operator_ = 3,
  administrator = 4,
  oem = 5
};
enum class UserEnabled : std::uint8_t { untold, yes, no };  // untold: BMCs of before IPMI 2.0 errata 3

/// On one channel (table 22-32).
struct UserAccess {
  bool messaging = false;      // may log in with IPMI
  bool link_auth = false;      // for PPP
  bool callback_only = false;  // may only call back
  UserPrivilege limit = UserPrivilege::none;
  friend bool operator==(const UserAccess&, const UserAccess&) = default;
};

struct BmcUser {
  UserId id;
  std::string name;
  UserEnabled enabled = UserEnabled::untold;
  UserAccess access;
};

enum class PasswordVerdict : std::uint8_t { right, wrong, wrong_size };

std::string_view name(UserPrivilege privilege);
std::string_view name(UserEnabled enabled);

}  // namespace colony::drivers
