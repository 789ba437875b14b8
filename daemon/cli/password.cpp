#include "daemon/cli/password.hpp"

namespace colony::daemon::cli {

namespace {

constexpr std::size_t max_password_file = 256;

}  // namespace

void PasswordArguments::declare(Arguments& arguments) {
  arguments.option("--password", "PASSWORD", flag, "Of the BMC; safer: IPMI_PASSWORD or --password-file");
  arguments.option("--password-file", "FILE", file, "Its first line is the password; - is standard input");
}

core::Result<core::Secret> password_of(Session& session, PasswordArguments& given) {
  if (!given.file.empty()) {
    auto text = read_text_file(given.file, max_password_file);
    if (!text) return std::unexpected(text.error());
    core::Secret password(std::string_view(*text).substr(0, text->find_first_of("\r\n")));
    core::wipe_text(*text);
    return password;
  }
  if (!given.flag.empty()) {
    session.console.err(
        "note: a password on the command line can be seen by others of this machine; "
        "safer: IPMI_PASSWORD, --password-file FILE, or --password-file - for standard input\n");
    core::Secret password(given.flag);
    core::wipe_text(given.flag);
    return password;
  }
  if (auto text = session.console.environment("IPMI_PASSWORD")) {
    core::Secret password(*text);
    core::wipe_text(*text);
    return password;
  }
  return core::fail(core::ErrorKind::invalid_input, "cli.password",
                    "no password; set IPMI_PASSWORD, or give --password-file FILE, or - for standard input");
}

core::Result<std::string> username_of(Session& session, const std::string& flag) {
  if (!flag.empty()) return flag;
  if (auto text = session.console.environment("IPMI_USERNAME")) return *text;
  return core::fail(core::ErrorKind::invalid_input, "cli.username",
                    "no user name; give --username or IPMI_USERNAME");
}

}  // namespace colony::daemon::cli
