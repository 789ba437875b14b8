// Who may log in to a BMC: bmc users, bmc rotate, bmc password.

#include <fmt/format.h>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/one_bmc_command.hpp"
#include "daemon/cli/report.hpp"
#include "drivers/bmc_users.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using core::Result;
using core::Task;

class UsersCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc users", "Who may log in to this BMC, and with which rights",
            "  colony bmc users --ip 10.1.1.20 --username ADMIN\n"
            "Rights are those on the channel that we come in on. Another password: colony bmc rotate ASSET"};
  }
  void declare(Arguments& arguments) override {
    arguments_.timeout = 60;  // two commands a user
    arguments_.declare(arguments, Need::required);
  }

 private:
  Task<Result<Json>> ask(Session&, drivers::Bmc& bmc, core::BootTime deadline) override {
    drivers::BmcUsers* const users = bmc.users();
    if (users == nullptr) {
      co_return core::fail(core::ErrorKind::unsupported, "bmc.no_users", "this driver lists no users");
    }
    const auto listed = co_await users->users(deadline);
    if (!listed) co_return std::unexpected(listed.error());
    Json out = Json::array();
    for (const auto& user : *listed) {
      out.push_back({{"number", user.id.value},
                     {"name", core::printable(user.name)},
                     {"enabled", name(user.enabled)},
                     {"login", user.access.messaging},
                     {"callback_only", user.access.callback_only},
                     {"privilege", name(user.access.limit)}});
    }
    co_return Json{{"users", std::move(out)}};
  }

  std::string render(Session& session, const Json& result) const override {
    std::vector<std::vector<std::string>> rows;
    for (const auto& user : *core::json_member(result, "users")) {
      rows.push_back({std::to_string(number_of(user, "number")), text_of(user, "name"),
                      text_of(user, "enabled"), core::json_bool(user, "login").value_or(false) ? "yes" : "no",
                      text_of(user, "privilege")});
    }
    if (rows.empty()) return "no users with a name\n";
    return render_table(
        {{"NUMBER", Align::right}, {"NAME", Align::left, 8}, {"ENABLED"}, {"IPMI LOGIN"}, {"PRIVILEGE"}},
        rows, style_of(session));
  }
};

class RotateCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "bmc rotate", "Give the account that we use on a BMC another password",
        "  colony bmc rotate web-1                     asks, then changes it\n"
        "  colony bmc rotate web-1 web-2 --yes --wait\n"
        "The new password is kept, sealed, before the BMC is told, and counts when a login with it worked;\n"
        "until then the old one is kept, too. Whoever else uses this account must ask for it afterwards:\n"
        "colony bmc password web-1. Back up the store after it."};
  }
  void declare(Arguments& arguments) override {
    arguments.positionals("ASSET", assets_, "Name, id, serial, MAC or BMC address", Need::required);
    arguments.flag("-y,--yes", yes_, "Do not ask");
    arguments.flag("--wait", wait_, "Until a login with the new password worked");
  }
  [[nodiscard]] Task<ExitCode> run(Session& session) override {
    for (const auto& asset : assets_) {
      if (yes_) break;
      const auto seen = co_await session.api.get(api_path({"assets", asset}));
      if (!seen) co_return report_error(session, core::with_context(seen.error(), asset));
      if (!confirm(session, yes_, text_of(*seen, "name"), "change the password of its BMC")) {
        co_return ExitCode::arguments;
      }
    }
    co_return co_await order_each(
        session, assets_, "bmc-rotate", [](std::size_t) { return Json::object(); }, wait_);
  }

 private:
  std::vector<std::string> assets_;
  bool yes_ = false, wait_ = false;
};

class PasswordCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc password", "Show what opens a BMC, for when you must get in without us (root only)",
            "  colony bmc password web-1\n"
            "  colony --output json bmc password web-1\n"
            "That it was shown, and to whom, stands in the server's timeline and goes out as an event."};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "Name, id, serial, MAC or BMC address");
  }
  [[nodiscard]] Task<ExitCode> run(Session& session) override {
    auto login = co_await session.api.post(api_path({"assets", asset_, "bmc-password"}), Json::object());
    if (!login) co_return report_error(session, core::with_context(login.error(), asset_));
    if (session.output == Output::json) {
      print_json(session, *login);
    } else {
      std::vector<std::pair<std::string, std::string>> lines{
          {"address", fmt::format("{}:{}", text_of(*login, "address"), number_of(*login, "port"))},
          {"username", text_of(*login, "username")},
          {"password", text_of(*login, "password")}};
      const std::string next = text_of(*login, "next_password");
      if (!next.empty()) lines.emplace_back("or", next);
      session.console.out(render_pairs(lines, style_of(session).fit));
      if (!next.empty()) {
        session.console.err(
            "A change is in doubt: the BMC has one of the two. Try them once each, BMCs lock out.\n");
      }
    }
    co_return ExitCode::success;
  }

 private:
  std::string asset_;
};

}  // namespace

std::unique_ptr<Command> make_bmc_users_command() {
  return std::make_unique<UsersCommand>();
}
std::unique_ptr<Command> make_bmc_rotate_command() {
  return std::make_unique<RotateCommand>();
}
std::unique_ptr<Command> make_bmc_password_command() {
  return std::make_unique<PasswordCommand>();
}

}  // namespace colony::daemon::cli
