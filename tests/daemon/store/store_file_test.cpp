#include "daemon/store/store_file.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/schema.hpp"
#include "daemon/store/surroundings.hpp"
#include "tests/daemon/store/bench.hpp"

using namespace colony;
using namespace colony::daemon::store;
using namespace colony::daemon::store::test;
using testing::HasSubstr;
using namespace workflows;

namespace {

std::vector<std::uint64_t> sequence_numbers(StoreFile& file, std::uint64_t after = 0) {
  std::vector<std::uint64_t> numbers;
  const auto events = file.events({after}, 1000);
  EXPECT_TRUE(events);
  for (const auto& stored : *events) numbers.push_back(stored.seq.value);
  return numbers;
}

std::string refusal(const FileOptions& options) {
  const auto file = StoreFile::open(options, at(0));
  return file ? "opened" : file.error().code;
}

}  // namespace

TEST(StoreFile, StartsEmptyInItsFirstEpoch) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  EXPECT_TRUE(file->report().created);
  EXPECT_EQ(file->report().epoch.value, 1U);
  const auto snapshot = file->load();
  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->assets.empty());
  EXPECT_EQ(snapshot->epoch.value, 1U);
}

TEST(StoreFile, MakesItsDirectoryAndFilesPrivate) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.path = directory.file("state/colony.db");
  const auto file = opened(options);
  ASSERT_TRUE(commit(*file, change({event("{}")})));
  struct stat status{};
  ASSERT_EQ(::stat(directory.file("state").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  for (const auto* name : {"state/colony.db", "state/colony.db-wal", "state/colony.db.lock", "store.key"}) {
    ASSERT_EQ(::stat(directory.file(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
  }
}

TEST(StoreFile, KeepsEverythingOverAReopen) {
  const TemporaryDirectory directory;
  {
    const auto file = opened(options_in(directory));
    auto all = rows(asset_row(1), workflow_row(3, 1), intent_row(5, 3, 1), redemption("t", 5),
                    timeline_row(1, 3, "seen"), SettingRow{"agent_id", "a-1"},
                    WipeRecordRow{core::WorkflowId(numbered(3)), core::AssetId(numbered(1)), core::Attempt{1},
                                  R"({"verdict":"erased"})", at(20)});
    all.batch.events = {event("first"), event("second")};
    all.operations.push_back(operation_row("op-9", 9));
    ASSERT_TRUE(commit(*file, std::move(all)));
  }
  const auto file = opened(options_in(directory));
  EXPECT_FALSE(file->report().created);
  EXPECT_EQ(file->report().epoch.value, 1U) << "a restart begins no epoch";
  EXPECT_EQ(file->report().last_event.value, 2U);
  const auto snapshot = file->load();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  ASSERT_EQ(snapshot->assets.size(), 1U);
  EXPECT_EQ(snapshot->assets[0].bmc->password.reveal(), "bmc-password-1");
  ASSERT_EQ(snapshot->workflows.size(), 1U);
  EXPECT_EQ(snapshot->workflows[0].order_json, workflow_row(3, 1).order_json);
  EXPECT_EQ(snapshot->intents.size(), 1U);
  ASSERT_EQ(snapshot->timeline.size(), 1U);
  EXPECT_EQ(std::get<core::Note>(snapshot->timeline[0].evidence.fact).text, "seen");
  ASSERT_EQ(snapshot->settings.size(), 1U);
  EXPECT_EQ(snapshot->settings[0].value, "a-1");
  EXPECT_EQ(snapshot->last_event.value, 2U);
  EXPECT_EQ(sequence_numbers(*file), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(file->wipe_records(core::AssetId(numbered(1)), 10)->size(), 1U);
  ASSERT_TRUE(file->operation("op-9")->has_value());
  EXPECT_EQ(file->operation("op-9")->value().body_json, operation_row("op-9", 9).body_json);
  EXPECT_EQ(file->received_operations(10)->size(), 1U);
}

TEST(StoreFile, ListsReceivedOperationsPageByPage) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  Change change;
  for (unsigned i = 1; i <= 5; ++i) change.operations.push_back(operation_row("op-" + std::to_string(i), i));
  ASSERT_TRUE(commit(*file, std::move(change)));
  EXPECT_EQ(file->received_operations(2)->front().id, "op-1");
  EXPECT_EQ(file->received_operations(2, 2)->front().id, "op-3");
  EXPECT_EQ(file->received_operations(2, 4)->size(), 1U);
}

TEST(StoreFile, KeepsOneLeaseAnAddressTheNewest) {
  const TemporaryDirectory directory;
  {
    const auto file = opened(options_in(directory));
    Change change;
    for (unsigned i = 1; i <= 3; ++i) change.leases.push_back(lease_row(i));
    ASSERT_TRUE(commit(*file, std::move(change)));
    auto moved = lease_row(1);
    moved.mac = lease_row(9).mac;
    moved.updated = at(20);
    Change newer;
    newer.leases = {moved};
    ASSERT_TRUE(commit(*file, std::move(newer)));
  }
  const auto file = opened(options_in(directory));
  const auto leases = file->leases();
  ASSERT_TRUE(leases);
  ASSERT_EQ(leases->size(), 3U);
  EXPECT_EQ(leases->front(), lease_row(2));
  EXPECT_EQ(leases->back().mac, lease_row(9).mac);
}

TEST(StoreFile, KeepsTheNewerGenerationOfAnOperation) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  Change newer;
  newer.operations = {operation_row("op-1", 7)};
  newer.operations[0].generation.value = 2;
  ASSERT_TRUE(commit(*file, std::move(newer)));
  Change older;
  older.operations = {operation_row("op-1", 6)};
  older.operations[0].generation.value = 1;
  older.operations[0].state = OperationState::accepted;
  ASSERT_TRUE(commit(*file, std::move(older)));
  const auto kept = file->operation("op-1");
  ASSERT_TRUE(kept && kept->has_value());
  EXPECT_EQ((*kept)->generation.value, 2U);
  EXPECT_EQ((*kept)->state, OperationState::received) << "it has yet to be carried out";
}

TEST(StoreFile, AnOperationThatWasAnsweredNeverWaitsAgain) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  const auto state_after = [&file](OperationState state, std::uint64_t generation) {
    Change change;
    change.operations = {operation_row("op-1", 7)};
    change.operations[0].generation.value = generation;
    change.operations[0].state = state;
    EXPECT_TRUE(commit(*file, std::move(change)));
    return file->operation("op-1")->value().state;
  };
  EXPECT_EQ(state_after(OperationState::received, 1), OperationState::received);
  EXPECT_EQ(file->received_load()->count, 1U);
  EXPECT_GE(file->received_load()->body_bytes, operation_row("op-1", 7).body_json.size());
  EXPECT_EQ(state_after(OperationState::refused, 1), OperationState::refused);
  EXPECT_EQ(state_after(OperationState::received, 1), OperationState::refused);
  EXPECT_EQ(state_after(OperationState::accepted, 1), OperationState::refused) << "the first answer stands";
  EXPECT_EQ(file->received_load()->count, 0U);
  EXPECT_EQ(state_after(OperationState::received, 2), OperationState::received) << "a new generation is new";
}

TEST(StoreFile, KeepsNamedSecretsUntilTheyAreEmptied) {
  const TemporaryDirectory directory;
  {
    const auto file = opened(options_in(directory));
    ASSERT_TRUE(commit(*file, rows(SecretRow{"config/1", core::Secret("machine-config")},
                                   SecretRow{"boot-key", core::Secret("boot-key-value")})));
    ASSERT_TRUE(commit(*file, rows(SecretRow{"config/1", core::Secret()})));
    EXPECT_EQ(read_bytes(directory.file("colony.db-wal")).find("machine-config"), std::string::npos);
  }
  const auto file = opened(options_in(directory));
  const auto snapshot = file->load();
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->secrets.size(), 1U);
  EXPECT_EQ(snapshot->secrets[0].key, "boot-key");
  EXPECT_EQ(snapshot->secrets[0].value.reveal(), "boot-key-value");
}

TEST(StoreFile, FindsAWorkflowByItsIdAndByItsOperation) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  ASSERT_TRUE(commit(*file, rows(asset_row(1), workflow_row(3, 1))));
  const auto id = core::WorkflowId(numbered(3));
  EXPECT_EQ(file->workflow(id)->value().id, id);
  EXPECT_FALSE(file->workflow(core::WorkflowId(numbered(4)))->has_value());
  EXPECT_EQ(file->workflow_of_operation("op-3")->value().id, id);
  EXPECT_FALSE(file->workflow_of_operation("op-4")->has_value());
}

TEST(StoreFile, LoadsOnlyWhatAStartNeeds) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  auto done = workflow_row(4, 1);
  done.status = WorkflowStatus::completed;
  auto done_intent = intent_row(6, 4, 1);
  done_intent.state = IntentState::done;
  ASSERT_TRUE(commit(*file, rows(asset_row(1), workflow_row(3, 1), done, intent_row(5, 3, 1), done_intent,
                                 intent_row(7, 4, 1), timeline_row(1, 3, "a"), timeline_row(1, 4, "b"),
                                 timeline_row(1, {}, "c"), timeline_row(1, 3, "d"))));
  const auto snapshot = file->load();
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->workflows.size(), 1U);
  EXPECT_EQ(snapshot->workflows[0].id, core::WorkflowId(numbered(3)));
  ASSERT_EQ(snapshot->intents.size(), 2U) << "of the running workflow, and the unresolved one of the other";
  EXPECT_EQ(snapshot->intents[1].id, core::IntentId(numbered(7)));
  ASSERT_EQ(snapshot->timeline.size(), 2U);
  EXPECT_EQ(std::get<core::Note>(snapshot->timeline[0].evidence.fact).text, "a") << "oldest first";
}

TEST(StoreFile, WritesReferredRowsFirstWhateverTheOrderInTheBatch) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  EXPECT_TRUE(commit(*file, rows(redemption("t", 5), timeline_row(1, 3, "x"), intent_row(5, 3, 1),
                                 workflow_row(3, 1), asset_row(1))));
}

TEST(StoreFile, ReplacesARowWithoutTouchingWhatRefersToIt) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  ASSERT_TRUE(commit(*file, rows(asset_row(1), workflow_row(3, 1), timeline_row(1, 3, "x"))));
  auto renamed = asset_row(1);
  renamed.name = "db-1";
  ASSERT_TRUE(commit(*file, rows(std::move(renamed))));
  EXPECT_EQ(file->load()->assets[0].name, "db-1");
  EXPECT_EQ(file->timeline(core::AssetId(numbered(1)), 10)->size(), 1U);
}

TEST(StoreFile, ListsNewestFirst) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  auto finished = workflow_row(4, 1);
  finished.status = WorkflowStatus::failed;
  finished.asset = core::AssetId(numbered(2));
  ASSERT_TRUE(commit(*file, rows(asset_row(1), asset_row(2), workflow_row(3, 1), finished)));
  const auto all = file->workflows(std::nullopt, 10);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].id, core::WorkflowId(numbered(4)));
  EXPECT_EQ(file->workflows(core::AssetId(numbered(1)), 10)->size(), 1U);
  EXPECT_EQ(file->workflows(std::nullopt, 1)->size(), 1U);
  EXPECT_EQ(file->recent_workflows(10)->front().id, core::WorkflowId(numbered(3))) << "unfinished first";
  EXPECT_EQ(file->intents(core::WorkflowId(numbered(3)))->size(), 0U);
}

TEST(StoreFile, TellsWhichWorkflowsEndedBehindANumber) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  for (unsigned number = 1; number <= 5; ++number) {
    auto ended = workflow_row(number, 1);
    ended.status = number % 2 == 0 ? WorkflowStatus::running : WorkflowStatus::completed;
    Event told{number % 2 == 0 ? "workflow.step" : "workflow.finished", ended.id.to_string(), at(10), "{}"};
    auto made = rows(asset_row(1), std::move(ended));
    made.batch.events = {std::move(told)};
    ASSERT_TRUE(commit(*file, std::move(made)));
  }
  const auto all = file->ended_workflows({0}, 10);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->rows.size(), 3U);
  EXPECT_EQ(all->seen.value, 5U);
  const auto first = file->ended_workflows({0}, 2);
  EXPECT_EQ(first->rows.size(), 2U);
  EXPECT_EQ(first->seen.value, 3U) << "the rest is asked for from there";
  EXPECT_EQ(file->ended_workflows(first->seen, 2)->rows.front().id, core::WorkflowId(numbered(5)));
  EXPECT_TRUE(file->ended_workflows({5}, 2)->rows.empty());
}

TEST(StoreFile, KnowsWithWhichEventItsEpochBegan) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  {
    const auto file = opened(options);
    EXPECT_EQ(file->report().epoch_first.value, 1U);
    ASSERT_TRUE(commit(*file, change({event("{}"), event("{}")})));
  }
  write_bytes(options.path + ".restored", "");
  {
    const auto file = opened(options);
    EXPECT_EQ(file->report().epoch_first.value, 3U);
    ASSERT_TRUE(commit(*file, change({event("{}")})));
  }
  EXPECT_EQ(opened(options)->report().epoch_first.value, 3U) << "also at the next start";
}

TEST(StoreFile, RedeemsATokenOnceEver) {
  const TemporaryDirectory directory;
  {
    const auto file = opened(options_in(directory));
    ASSERT_TRUE(commit(*file, rows(asset_row(1), workflow_row(3, 1), intent_row(5, 3, 1))));
    ASSERT_TRUE(commit(*file, rows(redemption("t", 5))));
  }
  const auto file = opened(options_in(directory));
  auto second = rows(redemption("t", 5), SettingRow{"k", "v"});
  second.batch.events = {event("{}")};
  const auto result = commit(*file, std::move(second));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, core::ErrorKind::conflict);
  EXPECT_EQ(result.error().code, "store.token_redeemed");
  EXPECT_FALSE(file->setting("k")->has_value()) << "all or nothing";
  EXPECT_TRUE(sequence_numbers(*file).empty());
}

TEST(StoreFile, LetsAConflictFailAloneInItsGroup) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  ASSERT_TRUE(commit(*file, rows(asset_row(1), workflow_row(3, 1), intent_row(5, 3, 1))));
  std::vector<Change> group;
  group.push_back(change({event("a")}));
  group.push_back(rows(redemption("t", 5)));
  group.push_back(change({event("b")}));
  group.push_back(rows(redemption("t", 5)));
  group.back().batch.events = {event("never")};
  group.push_back(change({event("c")}));
  const auto results = file->commit(group);
  ASSERT_EQ(results.size(), 5U);
  EXPECT_TRUE(results[0] && results[1] && results[2] && results[4]);
  EXPECT_EQ(results[3].error().code, "store.token_redeemed");
  const auto events = file->events({0}, 10);
  ASSERT_EQ(events->size(), 3U);
  EXPECT_EQ((*events)[2].seq.value, 3U) << "the failed change left no hole";
  EXPECT_EQ((*events)[2].event.body_json, "c");
}

TEST(StoreFile, TakesAnOperationIntoOneWorkflowOnly) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  auto other = workflow_row(4, 1);
  other.operation_id = "op-3";
  ASSERT_TRUE(commit(*file, rows(asset_row(1), workflow_row(3, 1))));
  EXPECT_EQ(commit(*file, rows(other)).error().code, "store.operation_known");
  auto local = workflow_row(5, 1);
  auto local_too = workflow_row(6, 1);
  local.operation_id = local_too.operation_id = "";
  EXPECT_TRUE(commit(*file, rows(local, local_too)));
}

TEST(StoreFile, RefusesRowsThatReferToNothing) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  EXPECT_EQ(commit(*file, rows(workflow_row(3, 1))).error().code, "store.dangling_reference");
  EXPECT_TRUE(commit(*file, change({event("{}")})));
}

TEST(StoreFile, RefusesRowsBeyondItsLimit) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  EXPECT_EQ(commit(*file, rows(SettingRow{"k", std::string(17 << 20, 'x')})).error().code, "store.too_big");
  EXPECT_TRUE(commit(*file, rows(SettingRow{"k", "v"})));
}

TEST(StoreFile, AcknowledgementNeverGoesBackNorAhead) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  const auto acknowledge = [&](std::uint64_t seq) {
    Change made;
    made.acknowledge = core::EventSeq{seq};
    return commit(*file, std::move(made));
  };
  ASSERT_TRUE(commit(*file, change({event("a"), event("b"), event("c")})));
  EXPECT_TRUE(acknowledge(2));
  EXPECT_TRUE(acknowledge(1));
  EXPECT_EQ(file->acknowledged()->value, 2U);
  EXPECT_EQ(acknowledge(4).error().code, "store.acknowledged_ahead");
  EXPECT_EQ(sequence_numbers(*file, 2), (std::vector<std::uint64_t>{3}));
}

TEST(StoreFile, KeepsTheNewestAcknowledgedEventsAndEveryOther) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.retention.acknowledged_events = 2;
  const auto file = opened(options);
  ASSERT_TRUE(commit(*file, change({event("1"), event("2"), event("3"), event("4"), event("5")})));
  Change made;
  made.acknowledge = core::EventSeq{4};
  ASSERT_TRUE(commit(*file, std::move(made)));
  EXPECT_EQ(sequence_numbers(*file), (std::vector<std::uint64_t>{3, 4, 5}));
}

TEST(StoreFile, GivesNoNumberTwiceAfterEverythingWasPruned) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.retention.acknowledged_events = 0;
  {
    const auto file = opened(options);
    auto made = change({event("1"), event("2")});
    made.acknowledge = core::EventSeq{2};
    ASSERT_TRUE(commit(*file, std::move(made)));
    EXPECT_TRUE(sequence_numbers(*file).empty());
  }
  const auto file = opened(options);
  ASSERT_TRUE(commit(*file, change({event("3")})));
  EXPECT_EQ(sequence_numbers(*file), (std::vector<std::uint64_t>{3}));
}

TEST(StoreFile, BoundsATimelineButKeepsUnfinishedWork) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.retention.timeline_per_asset = 10;
  const auto file = opened(options);
  ASSERT_TRUE(commit(*file, rows(asset_row(1), workflow_row(3, 1), timeline_row(1, 3, "work"))));
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(commit(*file, rows(timeline_row(1, {}, std::to_string(i)))));
  }
  const auto timeline = file->timeline(core::AssetId(numbered(1)), 1000);
  ASSERT_TRUE(timeline);
  EXPECT_LE(timeline->size(), 10U + 64U + 1U);
  EXPECT_EQ(std::get<core::Note>(timeline->front().evidence.fact).text, "199");
  EXPECT_EQ(std::get<core::Note>(timeline->back().evidence.fact).text, "work");
}

TEST(StoreFile, BoundsTheFinishedWorkflowsOfAnAssetButKeepsEveryProof) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.retention.finished_per_asset = 2;
  const auto file = opened(options);
  const auto finished = [](unsigned number, const std::string& operation) {
    auto row = workflow_row(number, 1);
    row.status = workflows::WorkflowStatus::completed;
    row.operation_id = operation;
    row.created_at = at(static_cast<int>(number));
    return row;
  };
  ASSERT_TRUE(commit(*file, rows(asset_row(1))));
  auto unfinished = workflow_row(10, 1);
  unfinished.operation_id.clear();
  ASSERT_TRUE(commit(*file, rows(unfinished)));
  // Proof: a redeemed token, a record.
  ASSERT_TRUE(commit(*file, rows(finished(11, ""), intent_row(111, 11, 1), redemption("token", 111))));
  ASSERT_TRUE(
      commit(*file, rows(finished(12, ""),
                         workflows::WipeRecordRow{
                             core::WorkflowId(numbered(12)), core::AssetId(numbered(1)), {1}, "{}", at(1)})));
  // An operation that nobody else remembers, and one that the hosted side's table remembers.
  ASSERT_TRUE(commit(*file, rows(finished(13, "local-1"))));
  auto hosted = rows(finished(14, "op-1#1"));
  hosted.operations = {operation_row("op-1", 1)};
  hosted.operations[0].state = OperationState::accepted;
  ASSERT_TRUE(commit(*file, std::move(hosted)));
  // And one that was taken by the workflows but not yet answered: after a crash it is handed to them again.
  auto unanswered = rows(finished(9, "op-2#1"));
  unanswered.operations = {operation_row("op-2", 2)};
  ASSERT_TRUE(commit(*file, std::move(unanswered)));
  for (unsigned number = 15; number < 20; ++number) {
    ASSERT_TRUE(commit(*file, rows(finished(number, ""), intent_row(100 + number, number, 1),
                                   timeline_row(1, number, std::to_string(number)))));
  }
  std::vector<std::string> kept;
  for (const auto& row : *file->workflows(core::AssetId(numbered(1)), 100))
    kept.push_back(row.id.to_string());
  std::vector<std::string> expected;
  for (const unsigned number : {9U, 10U, 11U, 12U, 13U, 18U, 19U}) {
    expected.push_back(core::WorkflowId(numbered(number)).to_string());
  }
  std::ranges::sort(kept);
  std::ranges::sort(expected);
  EXPECT_EQ(kept, expected);
  EXPECT_TRUE(file->intents(core::WorkflowId(numbered(15)))->empty());
  EXPECT_EQ(file->intents(core::WorkflowId(numbered(19)))->size(), 1U);
  const auto timeline = file->timeline(core::AssetId(numbered(1)), 100);
  EXPECT_EQ(timeline->size(), 5U) << "what was seen outlives the workflow it was seen in";
  EXPECT_FALSE(timeline->back().workflow);
  EXPECT_TRUE(timeline->front().workflow);
}

TEST(StoreFile, MigratesADatabaseOfTheFirstVersion) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  (void)opened(options);
  {
    auto old = Database::open(options.path, "");
    ASSERT_TRUE(old);
    ASSERT_TRUE(
        old->script("ALTER TABLE assets DROP COLUMN bmc_next_password; DROP INDEX redemptions_of_intent; "
                    "DROP TABLE dhcp_leases; DROP TABLE users;"
                    "DROP TABLE api_keys; DROP TABLE audit; PRAGMA user_version = 1;"));
  }
  EXPECT_FALSE(opened(options)->report().created);
  auto migrated = Database::open(options.path, "");
  ASSERT_TRUE(migrated);
  EXPECT_EQ(migrated->number("PRAGMA user_version"), schema_version);
  EXPECT_EQ(migrated->number("SELECT count(*) FROM sqlite_schema WHERE name = 'redemptions_of_intent'"), 1);
}

TEST(StoreFile, TellsWhichAssetsChanged) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  ASSERT_TRUE(commit(*file, rows(asset_row(1), asset_row(2))));
  const auto first = file->changed_assets(0, 10);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_TRUE(first->front().asset.bmc->password.empty());
  const auto seen = first->back().revision;
  EXPECT_TRUE(file->changed_assets(seen, 10)->empty());
  ASSERT_TRUE(commit(*file, rows(asset_row(1))));
  const auto second = file->changed_assets(seen, 10);
  ASSERT_EQ(second->size(), 1U);
  EXPECT_EQ(second->front().asset.id, core::AssetId(numbered(1)));
}

TEST(StoreFile, BeginsANewEpochOnAnotherMachine) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  (void)opened(options);
  options.owner = "machine-b";
  {
    const auto moved = opened(options);
    EXPECT_TRUE(moved->report().owner_changed);
    EXPECT_EQ(moved->report().epoch.value, 2U);
  }
  const auto again = opened(options);
  EXPECT_FALSE(again->report().owner_changed);
  EXPECT_EQ(again->report().epoch.value, 2U);
}

TEST(StoreFile, BeginsANewEpochAfterARestore) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  (void)opened(options);
  write_bytes(options.path + ".restored", "");
  {
    const auto restored = opened(options);
    EXPECT_TRUE(restored->report().restored);
    EXPECT_EQ(restored->report().epoch.value, 2U);
  }
  EXPECT_EQ(opened(options)->report().epoch.value, 2U);
}

TEST(MachineOwner, IsTheMachineIdOrUnknown) {
  const TemporaryDirectory directory;
  const auto file = directory.file("machine-id");
  EXPECT_EQ(machine_owner(file), "unknown");
  write_bytes(file, "uninitialized\n");
  EXPECT_EQ(machine_owner(file), "unknown");
  write_bytes(file, "0123456789abcdef0123456789abcdef\n");
  EXPECT_EQ(machine_owner(file), "0123456789abcdef0123456789abcdef");
}

TEST(StoreFile, KeepsSecretsOutOfItsFiles) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  {
    const auto file = opened(options);
    auto all = rows(asset_row(1), workflow_row(3, 1));
    all.operations.push_back(operation_row("op", 1));
    ASSERT_TRUE(commit(*file, std::move(all)));
    for (const auto* secret : {"bmc-password-1", "order-secret", "operation-secret"}) {
      EXPECT_EQ(read_bytes(options.path + "-wal").find(secret), std::string::npos) << secret;
    }
  }
  EXPECT_EQ(read_bytes(options.path).find("bmc-password-1"), std::string::npos);
}

TEST(StoreFileRefuses, ASecondUserOfTheDatabase) {
  const TemporaryDirectory directory;
  const auto first = opened(options_in(directory));
  const auto second = StoreFile::open(options_in(directory), at(0));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "store.locked");
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
}

TEST(StoreFileRefuses, ADirectoryThatOthersCanEnter) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  EXPECT_EQ(refusal(options_in(directory)), "store.directory_rights");
  struct stat status{};
  ASSERT_EQ(::stat(directory.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755U) << "it is not ours to change";
}

TEST(StoreFileRefuses, AnotherKey) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  (void)opened(options);
  write_bytes(options.key.file, std::string(64, 'a'));
  EXPECT_EQ(refusal(options), "store.wrong_key");
}

TEST(StoreFileRefuses, ALostKey) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  (void)opened(options);
  std::filesystem::remove(options.key.file);
  EXPECT_EQ(refusal(options), "store.key_missing");
}

TEST(StoreFileRefuses, ANewerSchemaAndLeavesItAlone) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  (void)opened(options);
  {
    auto database = Database::open(options.path, "");
    const auto newer = "PRAGMA user_version = " + std::to_string(schema_version + 1);
    ASSERT_TRUE(database->script(newer.c_str()));
  }
  const auto before = read_bytes(options.path);
  EXPECT_EQ(refusal(options), "store.newer_schema");
  EXPECT_EQ(read_bytes(options.path), before);
}

TEST(StoreFileRefuses, SomebodyElsesDatabase) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  {
    auto database = Database::open(options.path, "");
    ASSERT_TRUE(database->script("CREATE TABLE theirs (x)"));
  }
  EXPECT_EQ(refusal(options), "store.foreign_file");
}

TEST(StoreFileRefuses, AFileThatIsNoDatabase) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  write_bytes(options.path, std::string(8192, 'x'));
  EXPECT_EQ(refusal(options), "store.corrupt");
}

TEST(StoreFileRefuses, DamagedPages) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  {
    const auto file = opened(options);
    Change many;
    for (unsigned i = 1; i < 200; ++i) many.batch.writes.emplace_back(asset_row(i));
    ASSERT_TRUE(commit(*file, std::move(many)));
  }
  const auto whole = read_bytes(options.path);
  constexpr std::size_t page = 4096;
  ASSERT_GT(whole.size(), 30 * page);
  int refused = 0;
  for (std::size_t at_page = 1; at_page < whole.size() / page; at_page += 7) {
    auto damaged = whole;
    for (std::size_t i = 0; i < page; ++i) damaged[at_page * page + i] = static_cast<char>(i * 31 + at_page);
    write_bytes(options.path, damaged);
    EXPECT_EQ(refusal(options), "store.corrupt") << "page " << at_page;
    ++refused;
  }
  EXPECT_GT(refused, 3);
  write_bytes(options.path, whole);
  EXPECT_EQ(refusal(options), "opened");
}

TEST(StoreFileRefuses, AnOutboxWithAHole) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  {
    const auto file = opened(options);
    ASSERT_TRUE(commit(*file, change({event("1"), event("2"), event("3")})));
  }
  {
    auto database = Database::open(options.path, "");
    ASSERT_TRUE(database->script("DELETE FROM outbox WHERE seq = 2"));
  }
  EXPECT_EQ(refusal(options), "store.corrupt");
}

TEST(StoreFile, TakesEmptyOrdersAndBodies) {
  const TemporaryDirectory directory;
  const auto file = opened(options_in(directory));
  auto workflow = workflow_row(2, 1);
  workflow.order_json.clear();
  auto made = rows(asset_row(1), workflow);
  made.operations = {operation_row("op-1", 1)};
  made.operations.front().body_json.clear();
  const auto done = commit(*file, std::move(made));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ((*file->workflow(workflow.id))->order_json, "");
  EXPECT_EQ((*file->operation("op-1"))->body_json, "");
}
