#pragma once
// Where users, keys and the audit log are kept; daemon/store implements it.

#include <cstdint>

#include "core/async/task.hpp"
#include "daemon/keys/rows.hpp"

namespace colony::daemon::keys {

class AccessStore {
 public:
  virtual ~AccessStore() = default;
  [[nodiscard]] virtual core::Task<core::Result<AccessSnapshot>> load_access() = 0;
  /// Queued when called: changes reach the disk in the order of the calls. Errors as those of the journal.
  [[nodiscard]] virtual core::Task<core::Result<>> commit_access(AccessChange change) = 0;
  /// Newest first; `before` 0: from the newest on.
  [[nodiscard]] virtual core::Task<core::Result<std::vector<AuditRow>>> audit(std::uint64_t before,
                                                                              unsigned limit) = 0;
};

}  // namespace colony::daemon::keys
