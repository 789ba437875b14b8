#pragma once
// The users of a simulated BMC: who may log in, with which password, and the commands that change it (IPMI
// 2.0 sections 22.26-22.31). A change holds from the next session on.

#include <array>
#include <optional>
#include <string>

#include "core/secret.hpp"
#include "drivers/ipmi/users.hpp"
#include "hw-sim/bmc/bmc_profile.hpp"

namespace colony::hw_sim {

struct UserReply {
  std::uint8_t completion = 0;
  core::Bytes data;
};

/// What becomes of a password that is set.
enum class PasswordFate : std::uint8_t { taken, cut };

class BmcUserTable {
 public:
  static constexpr std::size_t size = 10;

  /// User 2 is the profile's, an administrator.
  explicit BmcUserTable(const BmcProfile& profile);

  struct User {
    std::string name;
    core::Secret password;
    bool enabled = false;
    drivers::UserAccess access;
    bool long_form = false;      // of the password
    unsigned rejected = 0;       // logins in a row
    unsigned most_rejected = 0;  // so far
    bool locked = false;         // so many that it is locked out for good
    unsigned passwords_set = 0;  // how often it changed
  };
  /// Who may begin a session under this name; null: nobody. The first of that name counts.
  [[nodiscard]] User* who_may_log_in(std::string_view name);
  [[nodiscard]] const User& user(drivers::UserId id) const { return users_.at(id.value - 1U); }

  void on_login(std::string_view name);
  /// After `lockout_after` in a row (0: never) the user is locked out, as on real BMCs; here for good.
  void on_rejection(std::string_view name);
  void set_lockout_after(unsigned times) { lockout_after_ = times; }

  /// nullopt: no command of users.
  [[nodiscard]] std::optional<UserReply> run(const drivers::ipmi::RequestMessage& request,
                                             drivers::ipmi::Privilege privilege, PasswordFate fate);

 private:
  [[nodiscard]] User* find(drivers::UserId id);
  [[nodiscard]] UserReply access(core::ByteView request);
  [[nodiscard]] UserReply set_access(core::ByteView request);
  [[nodiscard]] UserReply name(core::ByteView request);
  [[nodiscard]] UserReply set_name(core::ByteView request);
  [[nodiscard]] UserReply set_password(core::ByteView request, PasswordFate fate);

  std::array<User, size> users_;
  unsigned lockout_after_ = 0;
};

/// Does this request set a password?
[[nodiscard]] bool sets_password(const drivers::ipmi::RequestMessage& request);

}  // namespace colony::hw_sim
