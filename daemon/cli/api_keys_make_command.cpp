// colony api-keys create|rotate: the two that show a key. It is the only thing on standard output, so that
// `colony api-keys create ... > FILE` makes a key file; everything said about it goes to standard error.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/key_lines.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

void show_once(Session& session, const Json& made) {
  if (session.output == Output::json) {
    print_json(session, made);
    return;
  }
  session.console.out(text_of(made, "key") + "\n");
  session.console.err(fmt::format("API key {} ({}) of {}: {}; expires: {}. It is shown this once.\n",
                                  terminal_text(text_of(made, "name")), text_of(made, "id"),
                                  terminal_text(text_of(made, "owner")), scopes_text(made),
                                  expiry_text(made)));
}

/// read,wipe or several --scope.
Json scope_list(const std::vector<std::string>& given) {
  Json out = Json::array();
  for (std::string_view words : given) {
    for (;;) {
      const auto comma = words.find(',');
      out.push_back(words.substr(0, comma));
      if (comma == std::string_view::npos) break;
      words.remove_prefix(comma + 1);
    }
  }
  return out;
}

class CreateCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "api-keys create", "Make a key of the local API; it is shown once, on standard output",
        "  colony api-keys create ci --scope read --expires 30d\n"
        "  colony api-keys create laptop --owner alice      on behalf of a user\n"
        "  colony users create backup --role service        a service account, and its key:\n"
        "  umask 077; colony api-keys create backup --owner backup --scope read --expires never > key\n"
        "  curl --cacert ca.pem -H \"Authorization: Bearer $(cat key)\" https://ADDRESS:PORT/api/v1/assets\n"
        "Scopes: read (look), operate (enrol, provision, power, consoles), wipe (erase disks),\n"
        "admin (keys and users of others). Without --scope: all of its owner's role."};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", name_, "What it is for");
    arguments.option("--description", "TEXT", description_, "More about it");
    arguments.option("--owner", "USER", owner_,
                     "Whose role counts (default: local, whoever may use the socket)");
    arguments.repeatable("--scope", "SCOPE", scopes_, "read, operate, wipe, admin; several, or with commas");
    arguments.option("--expires", "WHEN", expires_,
                     "24h, 7d, 30d, 90d, 1y, never, or a date such as 2027-01-31");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    Json body{{"name", name_}, {"description", description_}, {"expires", expires_}};
    if (!owner_.empty()) body["owner"] = owner_;
    if (!scopes_.empty()) body["scopes"] = scope_list(scopes_);
    const auto made = co_await session.api.post(api_path({"api-keys"}), std::move(body));
    if (!made) co_return report_error(session, made.error());
    show_once(session, *made);
    co_return ExitCode::success;
  }

 private:
  std::string name_, description_, owner_;
  std::string expires_ = "90d";
  std::vector<std::string> scopes_;
};

class RotateCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"api-keys rotate", "Make the successor of a key; the old one stays valid for a while",
            "  colony api-keys rotate c1d1e981b67e                  both count for 24 h\n"
            "  colony api-keys rotate c1d1e981b67e --overlap 0s     the old one is revoked at once\n"
            "Give the new key to its machine, see it used (colony api-keys show), and the old one may go."};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("KEY", id_, "Its id: the twelve digits after cl-");
    arguments.option("--overlap", "TIME", overlap_, "How long the old one stays valid, at most 30d");
    arguments.option("--expires", "WHEN", expires_,
                     "Of the new one (default: as long as the old one was made for)");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    Json body{{"overlap", overlap_}};
    if (!expires_.empty()) body["expires"] = expires_;
    const auto made = co_await session.api.post(api_path({"api-keys", id_, "rotate"}), std::move(body));
    if (!made) co_return report_error(session, made.error());
    show_once(session, *made);
    if (const Json* old = core::json_member(*made, "replaced");
        old != nullptr && session.output == Output::table) {
      session.console.err(text_of(*old, "status") == "revoked"
                              ? fmt::format("The old key {} is revoked.\n", text_of(*old, "id"))
                              : fmt::format("The old key {} stays valid until {}.\n", text_of(*old, "id"),
                                            expiry_text(*old)));
    }
    co_return ExitCode::success;
  }

 private:
  std::string id_, expires_;
  std::string overlap_ = "24h";
};

}  // namespace

std::unique_ptr<Command> make_api_keys_create_command() {
  return std::make_unique<CreateCommand>();
}
std::unique_ptr<Command> make_api_keys_rotate_command() {
  return std::make_unique<RotateCommand>();
}

}  // namespace colony::daemon::cli
