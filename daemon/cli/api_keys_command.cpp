// colony api-keys list|show: what there is, never the keys themselves.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/http/target.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/key_lines.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

using core::Json;

std::string scopes_text(const Json& object) {
  std::string out;
  const Json* scopes = core::json_member(object, "scopes");
  if (scopes == nullptr || !scopes->is_array()) return out;
  for (const auto& scope : *scopes) {
    if (scope.is_string()) out += (out.empty() ? "" : ",") + scope.get<std::string>();
  }
  return out;
}

std::string expiry_text(const Json& key) {
  const auto expires = text_of(key, "expires_at");
  return expires.empty() ? "never" : time_text(expires);
}

namespace {

std::string last_used(const Json& key) {
  const auto at = text_of(key, "last_used_at");
  return at.empty() ? "never" : time_text(at);
}

class ListCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"api-keys list", "Keys of the local API: whose, until when, last used",
            "  colony api-keys list\n"
            "  colony api-keys list --owner alice\n"
            "  colony api-keys list --output json"};
  }
  void declare(Arguments& arguments) override {
    arguments.option("--owner", "USER", owner_, "Only keys of this user");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    auto target = api_path({"api-keys"});
    if (!owner_.empty()) target += "?owner=" + core::http::percent_encode(owner_);
    const auto seen = co_await session.api.get(std::move(target));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
      co_return ExitCode::success;
    }
    std::vector<std::vector<std::string>> rows;
    if (const Json* keys = core::json_member(*seen, "api_keys"); keys != nullptr && keys->is_array()) {
      for (const auto& key : *keys) {
        rows.push_back({text_of(key, "id"), text_of(key, "name"), text_of(key, "owner"), scopes_text(key),
                        text_of(key, "status"), expiry_text(key), last_used(key)});
      }
    }
    if (rows.empty()) session.console.err("No API keys yet: colony api-keys create --help\n");
    session.console.out(render_table({{"ID", Align::left, 12},
                                      {"NAME", Align::left, 8},
                                      {"OWNER", Align::left, 6},
                                      {"SCOPES", Align::left, 8},
                                      {"STATUS", Align::left, 7},
                                      {"EXPIRES", Align::left, 10},
                                      {"LAST USED", Align::left, 10}},
                                     rows, style_of(session)));
    co_return ExitCode::success;
  }

 private:
  std::string owner_;
};

class ShowCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"api-keys show", "Everything that is known of one key", "  colony api-keys show c1d1e981b67e"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("KEY", id_, "Its id: the twelve digits after cl-");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto key = co_await session.api.get(api_path({"api-keys", id_}));
    if (!key) co_return report_error(session, key.error());
    if (session.output == Output::json) {
      print_json(session, *key);
      co_return ExitCode::success;
    }
    const auto from = text_of(*key, "last_used_from");
    session.console.out(render_pairs({{"key", text_of(*key, "masked")},
                                      {"name", text_of(*key, "name")},
                                      {"description", text_of(*key, "description")},
                                      {"owner", text_of(*key, "owner")},
                                      {"made by", text_of(*key, "created_by")},
                                      {"scopes", scopes_text(*key)},
                                      {"status", text_of(*key, "status")},
                                      {"made", time_text(text_of(*key, "created_at"))},
                                      {"expires", expiry_text(*key)},
                                      {"revoked", time_text(text_of(*key, "revoked_at"))},
                                      {"last used", last_used(*key) + (from.empty() ? "" : " from " + from)},
                                      {"replaces", text_of(*key, "replaces")}},
                                     style_of(session).fit));
    co_return ExitCode::success;
  }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Command> make_api_keys_list_command() {
  return std::make_unique<ListCommand>();
}
std::unique_ptr<Command> make_api_keys_show_command() {
  return std::make_unique<ShowCommand>();
}

}  // namespace colony::daemon::cli
