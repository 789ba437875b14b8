#include "daemon/address/journal_records.hpp"

namespace colony::daemon {

JournalAddressRecords::JournalAddressRecords(workflows::Journal& journal,
                                             const std::vector<workflows::SettingRow>& settings)
    : journal_(journal) {
  for (const auto& setting : settings) {
    if (setting.key == key) last_ = decode_record(setting.value);
  }
}

core::Task<core::Result<>> JournalAddressRecords::save(std::optional<AddressRecord> record) {
  workflows::Batch batch;
  batch.writes.emplace_back(workflows::SettingRow{std::string(key), record ? encode_record(*record) : ""});
  auto committed = co_await journal_.commit(std::move(batch));
  if (committed) last_ = std::move(record);
  co_return committed;
}

}  // namespace colony::daemon
