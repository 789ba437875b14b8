// colony api-keys change|revoke|delete
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/key_lines.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

constexpr const char* id_help = "Its id: the twelve digits after cl-";

class ChangeCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"api-keys change", "Another expiry, name or description",
            "  colony api-keys change c1d1e981b67e --expires 90d     from now on\n"
            "  colony api-keys change c1d1e981b67e --expires never\n"
            "  colony api-keys change c1d1e981b67e --name ci-eu"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("KEY", id_, id_help);
    arguments.option("--expires", "WHEN", expires_,
                     "24h, 7d, 30d, 90d, 1y, never, or a date such as 2027-01-31");
    arguments.option("--name", "NAME", name_, "What it is for");
    arguments.option("--description", "TEXT", description_, "More about it");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    Json body = Json::object();
    if (expires_) body["expires"] = *expires_;
    if (name_) body["name"] = *name_;
    if (description_) body["description"] = *description_;
    if (body.empty()) {
      co_return report_error(session, {core::ErrorKind::invalid_input, "cli.arguments",
                                       "nothing to change: give --expires, --name or --description"});
    }
    const auto key = co_await session.api.patch(api_path({"api-keys", id_}), std::move(body));
    if (!key) co_return report_error(session, key.error());
    if (session.output == Output::json) {
      print_json(session, *key);
    } else {
      session.console.out(fmt::format("{}  {}  {}  expires: {}\n", text_of(*key, "id"),
                                      terminal_text(text_of(*key, "name")), text_of(*key, "status"),
                                      expiry_text(*key)));
    }
    co_return ExitCode::success;
  }

 private:
  std::string id_;
  std::optional<std::string> expires_, name_, description_;
};

class RevokeCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"api-keys revoke", "End a key now: its very next request is refused",
            "  colony api-keys revoke c1d1e981b67e\n"
            "It stays in the list, for the record; colony api-keys delete removes it."};
  }
  void declare(Arguments& arguments) override { arguments.positional("KEY", id_, id_help); }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto key = co_await session.api.post(api_path({"api-keys", id_, "revoke"}), Json::object());
    if (!key) co_return report_error(session, key.error());
    if (session.output == Output::json) {
      print_json(session, *key);
    } else {
      session.console.out(fmt::format("{}  {}  {}\n", text_of(*key, "id"),
                                      terminal_text(text_of(*key, "name")), text_of(*key, "status")));
    }
    co_return ExitCode::success;
  }

 private:
  std::string id_;
};

class DeleteCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"api-keys delete", "End a key now and forget it", "  colony api-keys delete c1d1e981b67e"};
  }
  void declare(Arguments& arguments) override { arguments.positional("KEY", id_, id_help); }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto gone = co_await session.api.remove(api_path({"api-keys", id_}));
    if (!gone) co_return report_error(session, gone.error());
    if (session.output == Output::json) print_json(session, Json{{"id", id_}, {"deleted", true}});
    if (session.output == Output::table) session.console.out(terminal_text(id_) + "  deleted\n");
    co_return ExitCode::success;
  }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Command> make_api_keys_change_command() {
  return std::make_unique<ChangeCommand>();
}
std::unique_ptr<Command> make_api_keys_revoke_command() {
  return std::make_unique<RevokeCommand>();
}
std::unique_ptr<Command> make_api_keys_delete_command() {
  return std::make_unique<DeleteCommand>();
}

}  // namespace colony::daemon::cli
