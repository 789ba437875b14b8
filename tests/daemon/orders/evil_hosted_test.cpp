// A hosted side in the wrong hands: it orders every disk of the site erased, by every name, again and again,
// also while the appliance restarts. The verdict is the machines': how many were written to, and when.

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/orders/operation_desk.hpp"
#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::daemon;
using namespace std::chrono_literals;
namespace workflows = colony::workflows;

namespace {

constexpr unsigned budget = 3;
constexpr unsigned machines = 12, protected_ones = 2, installed_ones = 2;

struct Evil {
  workflows::World world;
  std::vector<workflows::Server*> servers;
  std::vector<core::AssetId> assets;
  PolicyConfig policy;
  std::unique_ptr<OperationDesk> desk;
  std::vector<core::UtcTime> taken;  // wipes, when
  std::map<std::string, unsigned> refused;
  std::set<std::string> done;  // operations that were settled

  Evil() {
    world.site().wipe_budget_per_hour = budget;
    world.restart();
    for (unsigned n = 0; n < machines; ++n) {
      servers.push_back(&world.add_server());
      assets.push_back(workflows::discovered(world, *servers.back()));
    }
    for (unsigned n = protected_ones; n < protected_ones + installed_ones; ++n) {
      const auto installed = workflows::provision(world, assets[n], "install-" + std::to_string(n));
      if (!installed || !workflows::finishes(world, installed->workflow)) std::abort();
    }
    for (unsigned n = 0; n < protected_ones; ++n) {
      policy.protected_assets.push_back(*Word::parse(assets[n].to_string()));
    }
    policy.two_person = true;
    desk = std::make_unique<OperationDesk>(world.orders(), policy);
  }
  void restart() {
    world.restart();
    world.run_until([this] { return world.is_up(); }, 10min);
    desk = std::make_unique<OperationDesk>(world.orders(), policy);
  }
  /// As the link does: what was refused is settled, what waits comes again.
  void order(const std::string& type, const std::string& id, core::AssetId asset, const std::string& target) {
    if (done.contains(id)) return;
    const bool was_known =
        std::ranges::any_of(world.orders().recent_workflows(),
                            [&id](const auto& workflow) { return workflow.operation_id == id + "#1"; });
    const auto answer = world.ask<core::Result<std::string>>([&](workflows::Workshop&) {
      return desk->submit({.id = id,
                           .generation = core::Generation{1},
                           .seq = 1,
                           .type = type,
                           .target = target.empty() ? asset.to_string() : target,
                           .body_json = "{}"});
    });
    if (!answer) return;
    if (*answer) {
      done.insert(id);
      if (!was_known) taken.push_back(world.timers.utc_now());
    } else {
      ++refused[answer->error().code];
      if (answer->error().kind != core::ErrorKind::exhausted) done.insert(id);
    }
  }
  [[nodiscard]] unsigned writes(unsigned server) const {
    unsigned sum = 0;
    for (const auto& disk : servers[server]->disks) sum += disk.writes;
    return sum;
  }
};

}  // namespace

TEST(EvilHostedSide, ErasesNeverMoreThanTheBudgetAndNothingThatIsProtectedOrInUse) {
  Evil site;
  std::array<unsigned, machines> before{};
  for (unsigned n = 0; n < machines; ++n) before[n] = site.writes(n);
  constexpr unsigned hours = 6, rounds_per_hour = 30;
  for (unsigned round = 0; round < hours * rounds_per_hour; ++round) {
    if (round % 47 == 46) site.restart();
    for (unsigned n = 0; n < machines; ++n) {
      const auto asset = site.assets[n];
      const auto wave = std::to_string(round / 10) + "-" + std::to_string(n);
      site.order(round % 2 == 0 ? "wipe" : "disk-wipe", "by-id-" + wave, asset, "");
      site.order("wipe", "by-name-" + wave, asset, site.world.orders().asset(asset.to_string())->name);
    }
    site.world.run_for(core::Duration(1h) / rounds_per_hour);
  }
  site.world.run_for(2h);

  unsigned most = 0;
  for (const auto from : site.taken) {
    const auto in_hour =
        std::ranges::count_if(site.taken, [from](auto at) { return at >= from && at - from < 1h; });
    most = std::max(most, static_cast<unsigned>(in_hour));
  }
  EXPECT_LE(most, budget) << "in any hour";
  EXPECT_GE(most, budget) << "the budget was the bound that held";
  unsigned redemptions = 0;
  for (const auto* server : site.servers) redemptions += server->redemptions_granted;
  EXPECT_LE(redemptions, site.taken.size()) << "no machine was erased without an order that was taken";
  EXPECT_GT(redemptions, 0U);
  for (unsigned n = 0; n < protected_ones + installed_ones; ++n) {
    EXPECT_EQ(site.writes(n), before[n]) << (n < protected_ones ? "protected " : "in use ") << n;
    EXPECT_EQ(site.servers[n]->redemptions_granted, 0U) << n;
  }
  EXPECT_GT(site.refused["policy.protected"], 0U);
  EXPECT_GT(site.refused["policy.second_person"], 0U);
  EXPECT_GT(site.refused["wipe.budget"], 0U);
  EXPECT_FALSE(site.desk->held().waiting().empty()) << "somebody here is asked";
  std::printf(
      "%u machines, budget %u an hour: %zu wipes taken in %u hours, at most %u in any hour; refused or held:",
      machines, budget, site.taken.size(), hours, most);
  for (const auto& [code, times] : site.refused) std::printf(" %s %u", code.c_str(), times);
  std::printf("\n");
}
