#pragma once
// What the store's tests share: a directory of their own, rows with every member set, and a batch that writes
// one of each.

#include <string>

#include "daemon/store/store_file.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::daemon::store::test {

class TemporaryDirectory {
 public:
  TemporaryDirectory();  // rights 0700
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

[[nodiscard]] core::UtcTime at(int second);
/// Ids that differ in their last octets only.
[[nodiscard]] core::Uuid numbered(unsigned number);

[[nodiscard]] FileOptions options_in(const TemporaryDirectory& directory);
/// Opens or fails the test.
[[nodiscard]] std::unique_ptr<StoreFile> opened(const FileOptions& options);

[[nodiscard]] workflows::AssetRow asset_row(unsigned number);
[[nodiscard]] workflows::WorkflowRow workflow_row(unsigned number, unsigned asset);
[[nodiscard]] workflows::IntentRow intent_row(unsigned number, unsigned workflow, unsigned asset);
[[nodiscard]] workflows::RedeemToken redemption(const std::string& token, unsigned intent);
[[nodiscard]] workflows::TimelineRow timeline_row(unsigned asset, std::optional<unsigned> workflow,
                                                  const std::string& text);
[[nodiscard]] workflows::Event event(const std::string& body);
[[nodiscard]] OperationRow operation_row(const std::string& id, std::uint64_t seq);
[[nodiscard]] pxe::dhcp::LeaseRecord lease_row(unsigned number);

[[nodiscard]] Change change(std::vector<workflows::Event> events);
template <class... Rows>
[[nodiscard]] Change rows(Rows... row) {
  Change made;
  (made.batch.writes.emplace_back(std::move(row)), ...);
  return made;
}
/// Commits one change alone.
[[nodiscard]] core::Result<> commit(StoreFile& file, Change change);

[[nodiscard]] std::string read_bytes(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);

}  // namespace colony::daemon::store::test
