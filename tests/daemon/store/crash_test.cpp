// A writer is killed at arbitrary moments, again and again, on the same database.

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/net/file_descriptor.hpp"
#include "core/random.hpp"
#include "tests/daemon/store/bench.hpp"

using namespace colony;
using namespace colony::daemon::store;
using namespace colony::daemon::store::test;

namespace {

/// The child's life: groups of three events, and after each commit the newest acknowledged number to the
/// pipe.
[[noreturn]] void write_until_killed(const FileOptions& options, int out) {
  auto file = StoreFile::open(options, at(0));
  if (!file) ::_exit(2);
  for (;;) {
    std::vector<Change> changes;
    for (int i = 0; i < 3; ++i) changes.push_back(change({event("{}")}));
    for (const auto& result : (*file)->commit(changes)) {
      if (!result) ::_exit(3);
    }
    if (!(*file)->tidy()) ::_exit(4);
    const auto snapshot = (*file)->load();
    if (!snapshot) ::_exit(5);
    const std::uint64_t seq = snapshot->last_event.value;
    if (::write(out, &seq, sizeof seq) != sizeof seq) ::_exit(6);
  }
}

}  // namespace

TEST(StoreCrash, LosesNothingAcknowledgedWhenKilledAgainAndAgain) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.log_pages = 8;
  core::SeededRandom random(7);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 40; ++round) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    const core::FileDescriptor in(ends[0]);
    core::FileDescriptor out(ends[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(options, out.get());
    out.reset();
    // Killed after a random number of acknowledgements, then wherever it happens to be.
    std::uint64_t seq = 0;
    const auto wanted = 1 + random.below(8);
    for (std::uint64_t i = 0; i < wanted && ::read(in.get(), &seq, sizeof seq) == sizeof seq; ++i) {
      acknowledged = seq;
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
    while (::read(in.get(), &seq, sizeof seq) == sizeof seq) acknowledged = seq;

    const auto file = opened(options);  // checks pages and the outbox's numbers
    ASSERT_GE(file->report().last_event.value, acknowledged) << "round " << round;
    ASSERT_EQ(file->report().last_event.value % 3, 0U) << "a group is whole or not there";
    ASSERT_EQ(file->report().epoch.value, 1U) << "a crash begins no epoch";
  }
  EXPECT_GT(acknowledged, 120U);
}
