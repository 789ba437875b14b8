#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/one_bmc_command.hpp"
#include "daemon/cli/report.hpp"
#include "drivers/bmc_audit.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

/// What an audit has to say of one question.
std::string verdict(const Json& result, std::string_view key) {
  const auto found = core::json_bool(result, key);
  if (!found) return "not known";
  return *found ? "yes" : "no";
}

class BmcAuditCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc audit",
            "How does this BMC let people in: suite 0, nameless users, IPMI 1.5, factory passwords",
            "  IPMI_PASSWORD=... colony bmc audit --ip 10.1.1.20 --username ADMIN\n"
            "  colony bmc audit --ip 10.1.1.20 --username ADMIN --factory-passwords\n"
            "It looks and never acts. --factory-passwords asks for at most two users, without sending a\n"
            "password; some BMCs still count that as a bad login."};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("--factory-passwords", factory_, "Also: does somebody have the maker's own password");
    arguments_.declare(arguments, Need::required);
  }

 private:
  core::Task<core::Result<Json>> ask(Session&, drivers::Bmc& bmc, core::BootTime deadline) override {
    drivers::BmcAuditor* const auditor = bmc.auditor();
    if (auditor == nullptr) {
      co_return core::fail(core::ErrorKind::unsupported, "bmc.no_audit",
                           "this driver cannot look from outside; use --driver native");
    }
    std::uint32_t manufacturer = 0;
    if (factory_) {
      // Whose passwords to ask for; without it the most common names are taken.
      if (const auto identity = co_await bmc.identity(deadline)) manufacturer = identity->manufacturer_id;
    }
    const auto found = co_await auditor->audit(
        factory_ ? drivers::AskFactoryPasswords::yes : drivers::AskFactoryPasswords::no, manufacturer,
        deadline);
    if (!found) co_return std::unexpected(found.error());
    co_return drivers::report_json(*found);
  }

  std::string render(Session& session, const Json& result) const override {
    std::string out = render_pairs({{"cipher suite 0", verdict(result, "cipher_zero")},
                                    {"anonymous login", verdict(result, "anonymous_login")},
                                    {"nameless user", verdict(result, "null_user")},
                                    {"IPMI 1.5", verdict(result, "ipmi_15")},
                                    {"factory password", verdict(result, "factory_password")}},
                                   style_of(session).fit);
    for (const auto& finding : *core::json_member(result, "findings")) {
      out += fmt::format("\n{}: the BMC {}\n  cure: {}\n", text_of(finding, "code"), text_of(finding, "text"),
                         text_of(finding, "cure"));
    }
    return out;
  }

  bool factory_ = false;
};

}  // namespace

std::unique_ptr<Command> make_bmc_audit_command() {
  return std::make_unique<BmcAuditCommand>();
}

}  // namespace colony::daemon::cli
