// The whole main job (enrol, discover, provision, wipe), killed at every commit of the journal, just before
// and just after it, and gone on with from what the journal holds. The work must finish; no act may reach a
// machine more often than there are intentions for it; every event is there once, without a gap.

#include <chrono>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

unsigned intentions(const Disk& disk, std::string_view act) {
  unsigned count = 0;
  for (const auto& [id, row] : disk.intents) count += row.act == act ? 1 : 0;
  return count;
}

void expect_sound(World& world, const Server& server, const Job& job, const std::string& at) {
  const Disk& disk = world.disk;
  EXPECT_TRUE(job.done) << at;
  EXPECT_LE(server.power_on_commands, intentions(disk, "power_on")) << at;
  EXPECT_LE(server.power_off_commands, intentions(disk, "power_off")) << at;
  EXPECT_LE(disk.redeemed.size(), intentions(disk, "wipe")) << at;
  EXPECT_LE(server.redemptions_granted, disk.redeemed.size()) << at;
  std::set<core::IntentId> redeemed;
  for (const auto& [hash, token] : disk.redeemed) EXPECT_TRUE(redeemed.insert(token.intent).second) << at;
  for (const auto& drive : server.disks) {
    EXPECT_EQ(drive.content, "") << at;
    EXPECT_GE(drive.writes, 1U) << at;
    EXPECT_LE(drive.writes, server.redemptions_granted) << at;
  }
  for (const auto& [id, row] : disk.workflows) {
    EXPECT_EQ(row.status, WorkflowStatus::completed) << at << " " << row.type << ": " << row.error_code;
  }
  EXPECT_EQ(disk.workflows.size(), 3U) << at;
  EXPECT_EQ(disk.wipe_records.size(), 1U) << at;
  std::map<std::string, unsigned> ends;
  for (std::size_t i = 0; i < disk.events.size(); ++i) {
    EXPECT_EQ(disk.events[i].seq.value, i + 1) << at;
    const Event& event = disk.events[i].event;
    if (event.type == "workflow.finished" || event.type == "wipe.record") ++ends[event.type + event.subject];
  }
  EXPECT_EQ(ends.size(), 4U) << at;
  for (const auto& [what, times] : ends) EXPECT_EQ(times, 1U) << at << " " << what;
}

/// True when the run was killed on its way.
bool run_with_crash(Crash crash, const Faults& faults) {
  World world(crash);
  Server& server = world.add_server();
  server.faults = faults;
  Job job;
  world.tasks.spawn("job", do_the_whole_job(world, server, job));
  bool died = false;
  while (!job.done) {
    const bool stopped = world.run_until([&] { return job.done || world.appliance().journal.dead(); }, 200h);
    if (!stopped) break;
    if (!job.done) {
      died = true;
      world.restart();
    }
  }
  const std::string at = "killed " + std::string(crash.when == Crash::When::before ? "before" : "after") +
                         " commit " + std::to_string(crash.at_commit);
  expect_sound(world, server, job, at + (job.trouble.empty() ? "" : ", refused: " + job.trouble));
  return died;
}

void walk(Crash::When when, const Faults& faults) {
  unsigned k = 1;
  while (run_with_crash({k, when}, faults) && !::testing::Test::HasFailure()) ++k;
  EXPECT_GT(k, 40U) << "the walk must have passed the whole job";
  std::printf("%u commits walked\n", k - 1);
}

}  // namespace

TEST(CrashWalk, TheWholeJobFinishesWhenKilledBeforeAnyCommit) {
  walk(Crash::When::before, {});
}

TEST(CrashWalk, TheWholeJobFinishesWhenKilledAfterAnyCommit) {
  walk(Crash::When::after, {});
}

TEST(CrashWalk, AlsoWhenScoutDiesInTheMiddleAndAnswersAreLost) {
  Faults faults;
  faults.die_mid_wipe = 1;
  faults.lose_power_answer = 2;
  faults.truncate_config = 1;
  walk(Crash::When::after, faults);
}
