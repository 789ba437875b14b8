// The disk fails at its first, second, ... operation, until a run passes: whatever was acknowledged is there
// afterwards, the numbers have no hole, and the error had a name.

#include <gtest/gtest.h>

#include "tests/daemon/store/bench.hpp"
#include "tests/daemon/store/fault_disk.hpp"

using namespace colony;
using namespace colony::daemon::store;
using namespace colony::daemon::store::test;

namespace {

struct Acknowledged {
  std::vector<std::string> events;
  bool redeemed = false;
};

FileOptions on(const TemporaryDirectory& directory, const FaultDisk& disk) {
  auto options = options_in(directory);
  options.vfs = disk.name();
  options.log_pages = 20;  // several checkpoints in one script
  return options;
}

/// Groups of changes as a busy daemon makes them. Notes what was acknowledged; stops at the first error that
/// ends the store and checks that nothing works after it.
void run_script(const FileOptions& options, Acknowledged& acknowledged) {
  auto file = StoreFile::open(options, at(0));
  if (!file) {
    EXPECT_TRUE(file.error().code == "store.io" || file.error().code == "store.disk_full" ||
                file.error().code == "store.not_writable")
        << file.error().code << ": " << file.error().message;
    return;
  }
  const auto settle = [&](const std::vector<core::Result<>>& results, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i]) {
        acknowledged.events.push_back(names[i]);
      } else {
        EXPECT_TRUE(results[i].error().code == "store.io" || results[i].error().code == "store.disk_full")
            << results[i].error().code;
      }
    }
  };
  (void)commit(**file, rows(asset_row(1), workflow_row(3, 1), intent_row(5, 3, 1)));
  for (int group = 0; group < 12; ++group) {
    std::vector<Change> changes;
    std::vector<std::string> names;
    for (int i = 0; i < 3; ++i) {
      names.push_back(std::to_string(group) + "." + std::to_string(i) + std::string(600, '.'));
      changes.push_back(change({event(names.back())}));
    }
    settle((*file)->commit(changes), names);
    if (group == 6 && commit(**file, rows(redemption("t", 5)))) acknowledged.redeemed = true;
    (void)(*file)->tidy();
    if ((*file)->finished()) {
      EXPECT_FALSE(commit(**file, change({event("after the end")})));
      EXPECT_FALSE((*file)->load());
      return;
    }
  }
}

/// Opens without faults: everything acknowledged is there, in order, numbered without a hole.
void expect_kept(FileOptions options, const Acknowledged& acknowledged, const std::string& when) {
  options.vfs.clear();
  options.durability = Durability::simulation;  // only looks
  const auto opened_file = StoreFile::open(options, at(1));
  ASSERT_TRUE(opened_file) << when << ": " << opened_file.error().message;
  StoreFile& file = **opened_file;
  const auto events = file.events({0}, 1000);
  ASSERT_TRUE(events) << when;
  std::size_t next = 0;
  std::uint64_t seq = 0;
  for (const auto& stored : *events) {
    EXPECT_EQ(stored.seq.value, ++seq) << when;
    if (next < acknowledged.events.size() && stored.event.body_json == acknowledged.events[next]) ++next;
  }
  EXPECT_EQ(next, acknowledged.events.size()) << when << ": an acknowledged event is lost or out of order";
  if (acknowledged.redeemed) {
    EXPECT_EQ(commit(file, rows(redemption("t", 5))).error().code, "store.token_redeemed") << when;
  }
  EXPECT_TRUE(commit(file, change({event("goes on")}))) << when;
}

/// Every k until a run passes without the fault; returns how many failed.
unsigned for_every_operation(Fault fault, const std::string& name) {
  FaultDisk disk(name);
  for (unsigned k = 1;; ++k) {
    const TemporaryDirectory directory;
    const auto options = on(directory, disk);
    Acknowledged acknowledged;
    disk.heal();
    disk.fail_at(k, fault);
    run_script(options, acknowledged);
    const bool fired = disk.fired();
    if (fault == Fault::power_cut && fired) disk.leave_what_is_durable(k);
    disk.heal();
    expect_kept(options, acknowledged, name + " at operation " + std::to_string(k));
    if (!fired) {
      EXPECT_EQ(acknowledged.events.size(), 36U);
      return k - 1;
    }
    if (testing::Test::HasFailure()) return k;
  }
}

}  // namespace

TEST(StoreFaults, SurviveADiskThatDiesAtAnyOperation) {
  EXPECT_GT(for_every_operation(Fault::io_error, "dying"), 50U);
}

TEST(StoreFaults, SurviveOneErrorAtAnyOperation) {
  EXPECT_GT(for_every_operation(Fault::one_error, "flaky"), 50U);
}

TEST(StoreFaults, SurviveAFullDiskAtAnyOperation) {
  EXPECT_GT(for_every_operation(Fault::full, "full"), 50U);
}

TEST(StoreFaults, SurviveAPowerCutAtAnyOperation) {
  EXPECT_GT(for_every_operation(Fault::power_cut, "dark"), 50U);
}

TEST(StoreFaults, GoOnOnceAFullDiskHasRoomAgain) {
  FaultDisk disk("full-for-a-while");
  const TemporaryDirectory directory;
  const auto file = opened(on(directory, disk));
  ASSERT_TRUE(commit(*file, change({event("a")})));
  disk.fail_at(1, Fault::full);
  const auto refused = commit(*file, change({event("b")}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store.disk_full");
  EXPECT_EQ(refused.error().kind, core::ErrorKind::exhausted);
  EXPECT_FALSE(file->finished());
  ASSERT_TRUE(commit(*file, change({event("c")})));
  EXPECT_EQ(file->events({0}, 10)->size(), 2U);
  EXPECT_EQ(file->events({0}, 10)->back().seq.value, 2U);
}

TEST(StoreFaults, NeverRetryAFailedFsync) {
  FaultDisk disk("no-retry");
  const TemporaryDirectory directory;
  Acknowledged acknowledged;
  {
    const auto file = opened(on(directory, disk));
    ASSERT_TRUE(commit(*file, change({event("a")})));
    acknowledged.events.emplace_back("a");
    disk.fail_next_sync();
    EXPECT_EQ(commit(*file, change({event("b")})).error().code, "store.io");
    ASSERT_TRUE(file->finished());
    EXPECT_EQ(file->finished()->kind, core::ErrorKind::io);
    EXPECT_FALSE(commit(*file, change({event("c")})));
  }
  // The next start reads from the kernel's cache what never reached the disk. What it then acknowledges, and
  // what it builds on, must survive a power cut all the same.
  disk.heal();
  {
    const auto file = opened(on(directory, disk));
    ASSERT_TRUE(commit(*file, change({event("d")})));
    acknowledged.events.emplace_back("d");
    disk.fail_at(1, Fault::power_cut);
    (void)commit(*file, change({event("e")}));
  }
  disk.leave_what_is_durable(1);
  expect_kept(on(directory, disk), acknowledged, "power cut after a failed fsync");
}
