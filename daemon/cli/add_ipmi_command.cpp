#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/password.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

class AddIpmiCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"add-ipmi", "Enrol a server by its BMC, after checking the credentials",
            "  IPMI_PASSWORD=... colony add-ipmi --ip 10.1.1.20 --username ADMIN --auto-discover\n"
            "  colony add-ipmi --ip 10.1.1.20 --username ADMIN --password-file /run/bmc.pw\n"
            "  pass bmc/web-1 | colony add-ipmi --ip 10.1.1.20 --username ADMIN --password-file -\n"
            "An enrolled server's disks may be erased: it becomes `available` after its inventory."};
  }
  void declare(Arguments& arguments) override {
    arguments.option("--ip", "ADDRESS", ip_, "The BMC's IPv4 address", Need::required);
    arguments.number("--port", "PORT", port_, 1, 65535, "Its RMCP+ port");
    arguments.option("--username", "NAME", username_, "Of the BMC; else IPMI_USERNAME");
    password_.declare(arguments);
    arguments.choice("--driver", driver_, {"native", "ipmitool"},
                     "How to talk to it; else the site's bmc.driver");
    arguments.option("--name", "NAME", name_, "What you call the server; else its serial");
    arguments.flag("--auto-discover", auto_discover_,
                   "Then power it on into its inventory; opens the discovery window");
    arguments.flag("--wait", wait_, "With --auto-discover: until the inventory is there");
    arguments.flag("--insecure-tls", insecure_tls_, "Taken for old scripts; IPMI has no TLS");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto username = username_of(session, username_);
    if (!username) co_return report_error(session, username.error());
    const auto password = password_of(session, password_);
    if (!password) co_return report_error(session, password.error());
    Json body = {{"ip", ip_},
                 {"port", port_},
                 {"username", *username},
                 {"password", password->reveal()},
                 {"name", name_},
                 {"auto_discover", auto_discover_}};
    if (!driver_.empty()) body["driver"] = driver_;
    const auto enrolled = co_await session.api.post(api_path({"bmcs"}), std::move(body));
    if (!enrolled) co_return report_error(session, core::with_context(enrolled.error(), ip_));
    const Json* discovery = core::json_member(*enrolled, "discovery");
    const bool discovering = discovery != nullptr && discovery->is_object();
    if (session.output == Output::json && !(wait_ && discovering)) {
      print_json(session, *enrolled);
      co_return ExitCode::success;
    }
    show(session, *enrolled);
    if (!discovering) co_return ExitCode::success;
    co_return co_await after_orders(session, Json::array({*discovery}), wait_);
  }

 private:
  void show(Session& session, const Json& enrolled) const {
    const Json* bmc = core::json_member(enrolled, "bmc");
    const bool updated = core::json_bool(enrolled, "updated").value_or(false);
    if (session.output == Output::json) return;
    session.console.out(render_pairs({
        {"name", text_of(enrolled, "name")},
        {"asset", text_of(enrolled, "asset_id")},
        {"bmc", fmt::format("{}:{}, {}", ip_, port_, updated ? "credentials replaced" : "enrolled")},
        {"product", bmc == nullptr ? "" : text_of(*bmc, "product_name")},
        {"board serial", bmc == nullptr ? "" : text_of(*bmc, "board_serial")},
        {"firmware", bmc == nullptr ? "" : text_of(*bmc, "firmware")},
        {"audit", audit_text(enrolled)},
        {"discovery", auto_discover_ ? discovery_text(enrolled) : ""},
    }));
  }

  [[nodiscard]] static std::string audit_text(const Json& enrolled) {
    const Json* const audit = core::json_member(enrolled, "audit");
    const Json* const findings =
        audit == nullptr || !audit->is_object() ? nullptr : core::json_member(*audit, "findings");
    if (findings == nullptr) return "";
    if (findings->empty()) return "nothing found";
    std::string out;
    for (const auto& finding : *findings) {
      if (!out.empty()) out += "; ";
      out += text_of(finding, "text") + " (" + text_of(finding, "cure") + ")";
    }
    return out;
  }

  [[nodiscard]] static std::string discovery_text(const Json& enrolled) {
    const std::string until = text_of(enrolled, "discovery_window_until");
    if (until.empty()) {
      return "not again, its inventory is known (colony discover " + text_of(enrolled, "name") + ")";
    }
    return "ordered; until " + until +
           " every unknown machine that boots from the network is inventoried (close that: colony discover "
           "--for 0s)";
  }

  std::string ip_, username_, name_;
  std::string driver_;
  PasswordArguments password_;
  unsigned port_ = 623;
  bool auto_discover_ = false, wait_ = false, insecure_tls_ = false;
};

}  // namespace

std::unique_ptr<Command> make_add_ipmi_command() {
  return std::make_unique<AddIpmiCommand>();
}

}  // namespace colony::daemon::cli
