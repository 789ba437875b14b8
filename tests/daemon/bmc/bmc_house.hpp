#pragma once
// One machine with a simulated BMC, a ledger in memory, and the rooms that watch what becomes durable.

#include <functional>

#include "tests/drivers/ipmi/ipmi_bench.hpp"
#include "tests/workflows/memory_journal.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::testing {

/// What was seen, in order.
struct SeenFacts final : core::EvidenceSink {
  std::vector<core::Evidence> all;
  void emit(core::Evidence evidence) override { all.push_back(std::move(evidence)); }

  [[nodiscard]] std::string notes(std::string_view code) const {
    std::string out;
    for (const auto& evidence : all) {
      const auto* const note = std::get_if<core::Note>(&evidence.fact);
      if (note != nullptr && note->code == code) out += note->text + "|";
    }
    return out;
  }
  [[nodiscard]] std::string console() const {
    std::string out;
    for (const auto& evidence : all) {
      if (const auto* const printed = std::get_if<core::ConsoleOutput>(&evidence.fact)) out += printed->text;
    }
    return out;
  }
};

struct BmcHouse : IpmiBench {
  explicit BmcHouse(hw_sim::BmcProfile profile = some_profile()) : IpmiBench(std::move(profile)) {
    directory.bmc = client.open(address, {"ADMIN", core::Secret("secret")});
    EXPECT_TRUE(run(ledger.open()));
    ledger.observe_durable([this](const workflows::StagedBatch& rows) {
      if (on_rows) on_rows(rows);
    });
    workflows::AssetRow row;
    row.id = asset;
    row.bmc.emplace(address.address, address.port, "native", "ADMIN", core::Secret("secret"));
    commit(std::move(row));
  }
  ~BmcHouse() {
    on_rows = {};
    directory.bmc.reset();
    finish();
    tasks.spawn("close", ledger.close());
    timers.run_until([this] { return tasks.size() == 0; }, timers.now() + 1h);
  }
  BmcHouse(const BmcHouse&) = delete;
  BmcHouse& operator=(const BmcHouse&) = delete;

  /// Every call gives the one BMC of the bench.
  struct Directory final : workflows::BmcDirectory {
    std::shared_ptr<drivers::Bmc> bmc;
    core::Result<std::shared_ptr<drivers::Bmc>> at(const workflows::BmcRecord&) override { return bmc; }
    core::Result<std::shared_ptr<drivers::Bmc>> afresh(const workflows::BmcRecord&) override { return bmc; }
    core::Result<std::shared_ptr<drivers::Bmc>> alone(const workflows::BmcRecord&) override { return bmc; }
  };

  void commit(workflows::Write row) {
    workflows::Batch batch;
    batch.writes.push_back(std::move(row));
    EXPECT_TRUE(run(ledger.commit(std::move(batch))));
  }
  void workflow(workflows::WorkflowStatus status, std::string type = "discovery", std::string error = "") {
    workflows::WorkflowRow row;
    row.id = *core::WorkflowId::parse("11111111-0000-4000-8000-000000000001");
    row.asset = asset;
    row.type = std::move(type);
    row.status = status;
    row.error_code = std::move(error);
    commit(std::move(row));
  }
  /// As the steps do it: the intention, the act, its result.
  void power(drivers::PowerAction action) {
    workflows::IntentRow row;
    row.id = *core::IntentId::parse("22222222-0000-4000-8000-000000000001");
    row.asset = asset;
    row.act = action == drivers::PowerAction::off ? "power_off" : "power_on";
    row.intended_at = timers.utc_now();
    commit(workflows::Write(row));
    EXPECT_TRUE(run(directory.bmc->power(action, in(30s))));
    row.state = workflows::IntentState::done;
    commit(workflows::Write(row));
  }

  core::AssetId asset = *core::AssetId::parse("00000000-0000-4000-8000-000000000001");
  workflows::Disk disk;
  workflows::MemoryJournal journal{disk, timers};
  workflows::Ledger ledger{journal, timers, log};
  Directory directory;
  SeenFacts seen;
  std::function<void(const workflows::StagedBatch&)> on_rows;
};

}  // namespace colony::testing
