#pragma once
// A look from outside at how a BMC lets people in. A driver that can look hands this out with Bmc::auditor().

#include <cstdint>

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "drivers/bmc_audit_values.hpp"

namespace colony::drivers {

enum class AskFactoryPasswords : std::uint8_t {
  no,
  yes,  // at most two handshakes that are broken off: some BMCs count them as bad logins
};

class BmcAuditor {
 public:
  virtual ~BmcAuditor() = default;
  /// Looks, and never acts: a session that suite 0 opens is closed at once. `manufacturer_id` says whose
  /// factory passwords are asked for; 0: not known. Errors: those of every call.
  [[nodiscard]] virtual core::Task<core::Result<BmcAudit>> audit(AskFactoryPasswords factory,
                                                                 std::uint32_t manufacturer_id,
                                                                 core::BootTime deadline) = 0;
};

}  // namespace colony::drivers
