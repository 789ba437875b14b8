// colony users list|create|change|delete: whose keys and log-ins count.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/secret.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

constexpr std::size_t max_password_file = 512;

/// The first line of a file, or nothing when none is named.
core::Result<core::Secret> new_password(const std::string& file) {
  if (file.empty()) return core::Secret();
  auto text = read_text_file(file, max_password_file);
  if (!text) return std::unexpected(text.error());
  core::Secret password(std::string_view(*text).substr(0, text->find_first_of("\r\n")));
  core::wipe_text(*text);
  return password;
}

void show_user(Session& session, const Json& user) {
  if (session.output == Output::json) {
    print_json(session, user);
    return;
  }
  session.console.out(fmt::format("{}  {}  {}\n", text_of(user, "name"), text_of(user, "role"),
                                  text_of(user, "disabled") == "true"        ? "disabled"
                                  : text_of(user, "password") == "false"     ? "keys only"
                                  : text_of(user, "second_factor") == "true" ? "logs in with a second factor"
                                                                             : "logs in with a password"));
}

class ListCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"users list", "Users of the local API, and service accounts",
            "  colony users list\n  colony users list --output json"};
  }
  void declare(Arguments&) override {}
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto seen = co_await session.api.get(api_path({"users"}));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
      co_return ExitCode::success;
    }
    std::vector<std::vector<std::string>> rows;
    if (const Json* users = core::json_member(*seen, "users"); users != nullptr && users->is_array()) {
      for (const auto& user : *users) {
        rows.push_back({text_of(user, "name"), text_of(user, "role"),
                        text_of(user, "password") == "true" ? "password" : "none",
                        text_of(user, "second_factor") == "true" ? "on" : "off",
                        text_of(user, "disabled") == "true" ? "disabled" : "active",
                        text_of(user, "description")});
      }
    }
    session.console.out(render_table({{"NAME", Align::left, 8},
                                      {"ROLE", Align::left, 8},
                                      {"LOG-IN", Align::left, 8},
                                      {"SECOND FACTOR", Align::left, 6},
                                      {"STATUS", Align::left, 8},
                                      {"DESCRIPTION", Align::left, 8}},
                                     rows, style_of(session)));
    co_return ExitCode::success;
  }
};

class CreateCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"users create", "A person, or a service account for machines",
            "  colony users create alice --role operator --password-file -     read from standard input\n"
            "  colony users create backup --role service                       has keys only\n"
            "Roles: admin (everything), operator and service (read, operate, wipe), viewer (read).\n"
            "Then: colony api-keys create NAME --owner USER"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", name_, "Lower case, digits, '.', '_', '-'");
    arguments.choice("--role", role_, {"admin", "operator", "viewer", "service"},
                     "What its keys may do at most");
    arguments.option("--description", "TEXT", description_, "Who or what that is");
    arguments.option(
        "--password-file", "FILE", password_file_,
        "Its first line is the password, 12 bytes or more; - is standard input. Without: keys only");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto password = new_password(password_file_);
    if (!password) co_return report_error(session, password.error());
    Json body{{"name", name_}, {"role", role_}, {"description", description_}};
    if (!password->empty()) body["password"] = password->reveal();
    const auto user = co_await session.api.post(api_path({"users"}), std::move(body));
    if (!user) co_return report_error(session, user.error());
    show_user(session, *user);
    co_return ExitCode::success;
  }

 private:
  std::string name_, description_, password_file_;
  std::string role_ = "viewer";
};

class ChangeCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "users change", "Another role or password; disable; remove a lost second factor",
        "  colony users change alice --role viewer               counts for the next request of its keys\n"
        "  colony users change alice --disable\n"
        "  colony users change alice --password-file -\n"
        "  colony users change alice --remove-second-factor      the telephone is lost"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", name_, "Whom");
    arguments.choice("--role", role_, {"admin", "operator", "viewer", "service"},
                     "What its keys may do at most");
    arguments.option("--description", "TEXT", description_, "Who or what that is");
    arguments.option("--password-file", "FILE", password_file_,
                     "Its first line is the password; - is standard input");
    arguments.flag("--disable", disable_, "Neither logs in nor do its keys count");
    arguments.flag("--enable", enable_, "Takes --disable back");
    arguments.flag("--remove-second-factor", remove_totp_, "Log in with the password alone again");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto password = new_password(password_file_);
    if (!password) co_return report_error(session, password.error());
    Json body = Json::object();
    if (!role_.empty()) body["role"] = role_;
    if (description_) body["description"] = *description_;
    if (!password->empty()) body["password"] = password->reveal();
    if (disable_ || enable_) body["disabled"] = disable_;
    if (body.empty() && !remove_totp_) {
      co_return report_error(session, {core::ErrorKind::invalid_input, "cli.arguments",
                                       "nothing to change: see colony users change --help"});
    }
    if (remove_totp_) {
      const auto removed = co_await session.api.remove(api_path({"users", name_, "totp"}));
      if (!removed) co_return report_error(session, removed.error());
    }
    const auto user = co_await session.api.patch(api_path({"users", name_}), std::move(body));
    if (!user) co_return report_error(session, user.error());
    show_user(session, *user);
    co_return ExitCode::success;
  }

 private:
  std::string name_, role_, password_file_;
  std::optional<std::string> description_;
  bool disable_ = false, enable_ = false, remove_totp_ = false;
};

class DeleteCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"users delete", "Remove a user with all its keys, now", "  colony users delete alice --yes"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", name_, "Whom");
    arguments.flag("--yes", yes_, "Do not ask");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    if (!confirm(session, yes_, name_, "remove this user with its keys")) co_return ExitCode::arguments;
    const auto gone = co_await session.api.remove(api_path({"users", name_}));
    if (!gone) co_return report_error(session, gone.error());
    if (session.output == Output::json) print_json(session, Json{{"name", name_}, {"deleted", true}});
    if (session.output == Output::table)
      session.console.out(terminal_text(name_) + "  deleted, with its keys\n");
    co_return ExitCode::success;
  }

 private:
  std::string name_;
  bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_users_list_command() {
  return std::make_unique<ListCommand>();
}
std::unique_ptr<Command> make_users_create_command() {
  return std::make_unique<CreateCommand>();
}
std::unique_ptr<Command> make_users_change_command() {
  return std::make_unique<ChangeCommand>();
}
std::unique_ptr<Command> make_users_delete_command() {
  return std::make_unique<DeleteCommand>();
}

}  // namespace colony::daemon::cli
