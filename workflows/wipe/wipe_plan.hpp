#pragma once
// Which disks, by which methods, and whether scout may write: pure decisions, no state.
//
// A disk is named by serial and WWN and must be the same by serial, WWN, size and model when it comes to
// writing. What cannot be identified, is ambiguous, or cannot reach the demanded level is refused before any
// write.

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/sha256.hpp"
#include "drivers/scout/messages.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::workflows {

struct DiskSelection {
  std::vector<drivers::scout::Disk> disks;
  std::vector<std::string> names;  // of `disks`, as orders name them
  std::vector<drivers::scout::Disk> left_alone;
  bool covers_all = false;                // no disk that could boot or hold data is left out
  std::vector<std::string> out_of_reach;  // why not, when every disk was meant
};

/// `names`: serials, WWNs or rules; empty = every disk that is not removable.
/// Errors: wipe.no_disks, wipe.unknown_disk, wipe.disk_unidentified, wipe.disk_ambiguous,
/// wipe.disk_read_only, wipe.disk_removable, wipe.disk_without_capacity.
[[nodiscard]] core::Result<DiskSelection> select_disks(const drivers::scout::Inventory& inventory,
                                                       const std::vector<std::string>& names);

/// In order of preference. Error: wipe.minimum_unreachable. (Discard, write-zeroes and overwrite reach
/// `clear`, NIST SP 800-88r2; `purge` needs sanitize commands.)
[[nodiscard]] core::Result<std::vector<drivers::scout::WipeMethod>> methods_for(
    drivers::scout::WipeLevel minimum);

/// What an erasure of these disks does not reach, however well it ends: capacity that a disk hides, or may
/// hide, and the disks behind a RAID volume. It is said before, and recorded after.
struct WipeLimit {
  drivers::scout::DiskId disk;
  std::string code;         // "hidden-capacity", "hidden-unknown", "raid-volume"
  std::uint64_t bytes = 0;  // of hidden capacity
  std::string text;
};
[[nodiscard]] std::vector<WipeLimit> limits_of(const std::vector<drivers::scout::Disk>& disks);
/// What of a machine no part of an erasure was: its other disks (code "left-alone", their size in `bytes`),
/// and those beyond the ones that are listed ("unlisted").
[[nodiscard]] std::vector<WipeLimit> rest_of(const drivers::scout::Inventory& inventory,
                                             const std::vector<drivers::scout::Disk>& erased);

/// The detail of a wipe intent: what scout is to be ordered.
struct WipeDetail {
  std::vector<drivers::scout::Disk> disks;
  std::vector<drivers::scout::WipeMethod> methods;
  unsigned verify_permille = 100;
};
[[nodiscard]] std::string to_text(const WipeDetail& detail);
[[nodiscard]] core::Result<WipeDetail> wipe_detail_from_text(std::string_view text);

/// What has become of a wipe intent so far (IntentRow::result_json).
struct WipeProgress {
  bool redeemed = false;
  std::uint64_t redeemed_by_boot = 0;  // BootClaims::number
  bool fence_refused = false;
  bool any_write = false;  // scout reports that at least one disk was written to
};
[[nodiscard]] WipeProgress wipe_progress(const IntentRow& intent);

/// Contract 5. Errors of kind refused: fence.* names the first thing that does not fit.
[[nodiscard]] core::Result<> check_redemption(const drivers::scout::Redemption& redemption,
                                              const IntentRow& intent, core::Epoch epoch);

/// The whole verdict: every ordered disk erased and read back, and nothing else reported.
[[nodiscard]] core::Result<> check_result(const drivers::scout::WipeResult& result,
                                          const WipeDetail& ordered);

}  // namespace colony::workflows
