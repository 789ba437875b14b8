#pragma once
// The address record as the setting "claimed_address" of the journal.

#include <vector>

#include "daemon/address/records.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::daemon {

class JournalAddressRecords final : public AddressRecords {
 public:
  static constexpr std::string_view key = "claimed_address";

  /// `settings`: those of the journal's Snapshot at start.
  JournalAddressRecords(workflows::Journal& journal, const std::vector<workflows::SettingRow>& settings);

  [[nodiscard]] std::optional<AddressRecord> load() override { return last_; }
  [[nodiscard]] core::Task<core::Result<>> save(std::optional<AddressRecord> record) override;

 private:
  workflows::Journal& journal_;
  std::optional<AddressRecord> last_;
};

}  // namespace colony::daemon
