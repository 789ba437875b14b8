#pragma once
// Where a BMC's password may come from, the safest that is given first.

#include <string>

#include "core/secret.hpp"
#include "daemon/cli/command.hpp"

namespace colony::daemon::cli {

struct PasswordArguments {
  std::string flag;  // --password: documented; it was overwritten in argv
  std::string file;  // --password-file; "-" is standard input
  void declare(Arguments& arguments);
};

/// --password-file, --password, IPMI_PASSWORD. Errors: cli.password, naming the ways.
[[nodiscard]] core::Result<core::Secret> password_of(Session& session, PasswordArguments& given);
/// --username, else IPMI_USERNAME. Errors: cli.username.
[[nodiscard]] core::Result<std::string> username_of(Session& session, const std::string& flag);

}  // namespace colony::daemon::cli
