#include "drivers/bmc_audit_values.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::drivers {

namespace {

core::Json word(Learnt learnt) {
  return learnt == Learnt::unknown ? core::Json() : core::Json(learnt == Learnt::yes);
}

Learnt learnt(const core::Json& json, std::string_view key) {
  const auto value = core::json_bool(json, key);
  if (!value) return Learnt::unknown;
  return *value ? Learnt::yes : Learnt::no;
}

}  // namespace

core::Json to_json(const BmcAudit& audit) {
  return {{"cipher_zero", word(audit.cipher_zero)},
          {"anonymous_login", word(audit.anonymous_login)},
          {"null_user", word(audit.null_user)},
          {"ipmi_15", word(audit.ipmi_15)},
          {"factory_password", word(audit.factory_password)},
          {"factory_user", audit.factory_user.empty() ? core::Json() : core::Json(audit.factory_user)}};
}

BmcAudit audit_from_text(std::string_view text) {
  BmcAudit out;
  const auto json = core::parse_json(text);
  if (!json || !json->is_object()) return out;
  out.cipher_zero = learnt(*json, "cipher_zero");
  out.anonymous_login = learnt(*json, "anonymous_login");
  out.null_user = learnt(*json, "null_user");
  out.ipmi_15 = learnt(*json, "ipmi_15");
  out.factory_password = learnt(*json, "factory_password");
  out.factory_user = core::json_text(*json, "factory_user").value_or("");
  return out;
}

std::vector<AuditFinding> findings_of(const BmcAudit& audit) {
  std::vector<AuditFinding> out;
  if (audit.cipher_zero == Learnt::yes) {
    out.push_back({"bmc.cipher_zero",
                   "accepts cipher suite 0: whoever reaches it and knows a user name controls the machine "
                   "without a password",
                   "ipmitool lan set 1 cipher_privs XXXaXXXXXXXXXXX, or switch suite 0 off in the BMC's web "
                   "page"});
  }
  if (audit.factory_password == Learnt::yes) {
    out.push_back({"bmc.factory_password",
                   fmt::format("has the password that it was delivered with (user {})", audit.factory_user),
                   "set another one in the BMC, then colony add-ipmi again"});
  }
  if (audit.anonymous_login == Learnt::yes) {
    out.push_back({"bmc.anonymous_login", "lets people in without a name or a password",
                   "give user 1 a password or disable it: ipmitool user disable 1"});
  }
  if (audit.null_user == Learnt::yes) {
    out.push_back({"bmc.null_user", "has a user without a name that may log in",
                   "disable it: ipmitool user disable 1"});
  }
  if (audit.ipmi_15 == Learnt::yes) {
    out.push_back({"bmc.ipmi_15", "takes IPMI 1.5 sessions, which nothing encrypts",
                   "allow IPMI 2.0 only, in the BMC's web page or by: ipmitool lan set 1 auth ADMIN \"\""});
  }
  return out;
}

core::Json report_json(const BmcAudit& audit) {
  core::Json out = to_json(audit);
  out["findings"] = core::Json::array();
  for (const auto& finding : findings_of(audit)) {
    out["findings"].push_back({{"code", finding.code}, {"text", finding.text}, {"cure", finding.cure}});
  }
  return out;
}

const std::vector<FactoryLogin>& factory_logins() {
  // As printed in the makers' own manuals.
  static const std::vector<FactoryLogin> logins{
      {10876, "ADMIN", "ADMIN"},              // Supermicro, before 2020
      {674, "root", "calvin"},                // Dell
      {19046, "USERID", "PASSW0RD"},          // Lenovo
      {2, "USERID", "PASSW0RD"},              // IBM
      {20301, "USERID", "PASSW0RD"},          // IBM System x
      {10368, "admin", "admin"},              // Fujitsu
      {2011, "Administrator", "Admin@9000"},  // Huawei
      {2011, "root", "Huawei12#$"},
      {37945, "admin", "admin"},     // Inspur
      {5771, "admin", "password"},   // Cisco
      {7244, "admin", "admin"},      // Quanta
      {49622, "admin", "admin"},     // ASRock Rack
      {15370, "admin", "password"},  // Gigabyte
      {6653, "root", "superuser"},   // Tyan
      {42, "root", "changeme"},      // Sun, Oracle
      {0, "root", "0penBmc"},        // OpenBMC
  };
  return logins;
}

bool is_factory_login(std::string_view username, std::string_view password) {
  return std::ranges::any_of(factory_logins(), [&](const FactoryLogin& login) {
    return login.username == username && login.password == password;
  });
}

}  // namespace colony::drivers
