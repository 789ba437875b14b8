#pragma once
// User commands (IPMI 2.0 sections 22.26-22.31), both sides of the wire. Rights are asked for and set on
// channel 0Eh, the one that the session runs on.

#include "drivers/bmc_user_values.hpp"
#include "drivers/ipmi/commands.hpp"

namespace colony::drivers::ipmi {

namespace completion {
inline constexpr std::uint8_t wrong_password = 0x80;       // Set User Password, test
inline constexpr std::uint8_t wrong_password_size = 0x81;  // the same: kept in the other form
}  // namespace completion

inline constexpr std::uint8_t max_user_id = 63;
inline constexpr std::size_t short_password = 16;  // bytes of the form that IPMI 1.5 knows

namespace user_code {
inline constexpr std::uint8_t set_access = 0x43, get_access = 0x44, set_name = 0x45, get_name = 0x46,
                              set_password = 0x47;
}  // namespace user_code

// Sections 22.26, 22.27.
struct UserAccessReply {
  std::uint8_t max_users = 0;      // 1 to 63
  std::uint8_t enabled_users = 0;  // how many there are
  std::uint8_t fixed_names = 0;
  UserEnabled enabled = UserEnabled::untold;  // the one that was asked for
  UserAccess access;
};
[[nodiscard]] Command get_user_access(UserId user);
[[nodiscard]] Parsed<UserAccessReply> parse_user_access(core::ByteView data);
[[nodiscard]] core::Bytes encode(const UserAccessReply& reply);
[[nodiscard]] Command set_user_access(UserId user, const UserAccess& access);
struct SetUserAccess {
  UserId user;
  bool changes_bits = false;  // false: the flags of `access` stay as they are
  UserAccess access;
};
[[nodiscard]] Parsed<SetUserAccess> parse_set_user_access(core::ByteView request);

// Sections 22.28, 22.29. At most 16 bytes.
[[nodiscard]] Command get_user_name(UserId user);
[[nodiscard]] Parsed<std::string> parse_user_name(core::ByteView data);
[[nodiscard]] Parsed<Command> set_user_name(UserId user, std::string_view name);
struct SetUserName {
  UserId user;
  std::string name;
};
[[nodiscard]] Parsed<SetUserName> parse_set_user_name(core::ByteView request);

// Section 22.30.
enum class PasswordAct : std::uint8_t { disable = 0, enable = 1, set = 2, test = 3 };
enum class PasswordForm : std::uint8_t { short16, long20 };
struct SetUserPassword {
  UserId user;
  PasswordAct act = PasswordAct::set;
  PasswordForm form = PasswordForm::short16;
  core::Secret password;  // of set and test, without its padding
};
/// The form that holds it; IpmiError::credentials when none does.
[[nodiscard]] Parsed<PasswordForm> form_of(const core::Secret& password);
/// The command carries the password: it is wiped by nobody, and must not be shown.
[[nodiscard]] Parsed<Command> set_user_password(const SetUserPassword& order);
[[nodiscard]] Parsed<SetUserPassword> parse_set_user_password(core::ByteView request);
/// What the completion code of a test says; nullopt: neither yes nor no.
[[nodiscard]] std::optional<PasswordVerdict> password_verdict(std::uint8_t completion);

}  // namespace colony::drivers::ipmi
