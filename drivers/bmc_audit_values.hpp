#pragma once
// What an audit of a BMC found: how it lets people in, apart from the way we use. Values only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "drivers/bmc_passport.hpp"

namespace colony::drivers {

struct BmcAudit {
  Learnt cipher_zero = Learnt::unknown;      // a session without any proof of a password
  Learnt anonymous_login = Learnt::unknown;  // neither name nor password
  Learnt null_user = Learnt::unknown;        // the user without a name may log in
  Learnt ipmi_15 = Learnt::unknown;          // sessions of IPMI 1.5: none, MD2, MD5 or straight passwords
  Learnt factory_password = Learnt::unknown;
  std::string factory_user;  // who has it
  friend bool operator==(const BmcAudit&, const BmcAudit&) = default;
};

/// Members that are not known are null.
[[nodiscard]] core::Json to_json(const BmcAudit& audit);
/// What cannot be read is not known.
[[nodiscard]] BmcAudit audit_from_text(std::string_view text);

struct AuditFinding {
  std::string_view code;  // "bmc.cipher_zero"; docs/common-errors.md
  std::string text;       // of the BMC: "accepts cipher suite 0: ..."
  std::string_view cure;
};
/// Worst first.
[[nodiscard]] std::vector<AuditFinding> findings_of(const BmcAudit& audit);
/// For people and programs: to_json() and `findings`.
[[nodiscard]] core::Json report_json(const BmcAudit& audit);

/// Names and passwords that manufacturers have documented as delivered.
struct FactoryLogin {
  std::uint32_t manufacturer_id = 0;  // IANA
  std::string_view username, password;
};
[[nodiscard]] const std::vector<FactoryLogin>& factory_logins();
[[nodiscard]] bool is_factory_login(std::string_view username, std::string_view password);

}  // namespace colony::drivers
