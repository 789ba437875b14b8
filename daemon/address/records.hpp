#pragma once
// Where the address record lives: journal_records.hpp keeps it in the journal, tests in memory.

#include <optional>

#include "core/async/task.hpp"
#include "core/error.hpp"
#include "daemon/address/record.hpp"

namespace colony::daemon {

class AddressRecords {
 public:
  virtual ~AddressRecords() = default;
  /// What the last run left, nullopt for nothing.
  [[nodiscard]] virtual std::optional<AddressRecord> load() = 0;
  /// Durable when it returns success; nullopt forgets it.
  [[nodiscard]] virtual core::Task<core::Result<>> save(std::optional<AddressRecord> record) = 0;
};

}  // namespace colony::daemon
