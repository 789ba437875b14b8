#pragma once
// Where leases are kept, as the DHCP server needs it; daemon/store implements it, tests with a vector.

#include <vector>

#include "core/async/task.hpp"
#include "core/error.hpp"
#include "pxe/dhcp/lease.hpp"

namespace colony::pxe::dhcp {

class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  /// Every row that was ever committed, the newest of each address.
  [[nodiscard]] virtual core::Task<core::Result<std::vector<LeaseRecord>>> load_leases() = 0;
  /// All of them survive a power cut when this returns success, with one flush of the disk; none when it
  /// fails. Of two rows of one address the later one counts.
  [[nodiscard]] virtual core::Task<core::Result<>> commit_leases(std::vector<LeaseRecord> leases) = 0;
};

}  // namespace colony::pxe::dhcp
