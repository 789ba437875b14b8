// What is new in a BMC's event log, by the records themselves: across acts, a clear, a log that is full.

#include "drivers/bmc_records.hpp"
#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using drivers::PowerAction;
using drivers::SelMark;
using drivers::SelNews;

namespace {

SelNews look(IpmiBench& bench, std::optional<SelMark> mark) {
  auto news = bench.run(bench.bmc->records()->sel_since(std::move(mark), bench.in(60s)));
  EXPECT_TRUE(news) << news.error().message;
  return news ? std::move(*news) : SelNews{};
}

std::string events(const SelNews& news) {
  std::string out;
  for (const auto& entry : news.entries) out += entry.event + "|";
  return out + (news.restarted ? "restarted" : "") + (news.cut ? "cut" : "") +
         (news.overflow ? "overflow" : "");
}

void act(IpmiBench& bench, PowerAction action) {
  EXPECT_TRUE(bench.run(bench.bmc->power(action, bench.in(30s))));
}

}  // namespace

TEST(SelLook, FindsWhereTheLogStandsAndThenOnlyWhatIsNew) {
  IpmiBench bench;
  act(bench, PowerAction::on);
  const auto stands = look(bench, std::nullopt);
  EXPECT_EQ(events(stands), "");
  EXPECT_EQ(stands.mark.id, 2);
  act(bench, PowerAction::off);
  act(bench, PowerAction::on);
  const auto news = look(bench, stands.mark);
  EXPECT_EQ(events(news), "Power off/down|Initiated by power up|");
  EXPECT_EQ(events(look(bench, news.mark)), "");
}

TEST(SelLook, AsksFewCommandsHoweverLongTheLogIs) {
  IpmiBench bench;
  for (int i = 0; i < 40; ++i) act(bench, PowerAction::reset);
  auto stands = look(bench, std::nullopt);
  act(bench, PowerAction::off);
  const unsigned before = bench.model.counters().commands;
  EXPECT_EQ(events(look(bench, stands.mark)), "Power off/down|");
  EXPECT_EQ(bench.model.counters().commands - before, 3U);
}

TEST(SelLook, AClearedLogIsToldAndReadFromItsBeginning) {
  IpmiBench bench;
  const auto stands = look(bench, std::nullopt);
  EXPECT_TRUE(bench.run(bench.bmc->records()->clear_sel(bench.in(30s))));
  const auto empty = look(bench, stands.mark);
  EXPECT_EQ(events(empty), "restarted");
  // From empty on, nothing is missing.
  act(bench, PowerAction::off);
  EXPECT_EQ(events(look(bench, empty.mark)), "Power off/down|");
  // Record 1 is another one than before: its number tells nothing.
  EXPECT_EQ(events(look(bench, stands.mark)), "Power off/down|restarted");
}

TEST(SelLook, AMarkThatWasPushedOutGivesWhatIsLeft) {
  auto profile = some_profile();
  profile.sel_capacity = 4;
  IpmiBench bench(std::move(profile));
  const auto stands = look(bench, std::nullopt);
  for (int i = 0; i < 6; ++i) act(bench, PowerAction::reset);
  const auto news = look(bench, stands.mark);
  EXPECT_EQ(news.entries.size(), 4U);
  EXPECT_TRUE(news.restarted);
}

TEST(SelLook, TellsThatEventsWereLost) {
  auto profile = some_profile();
  profile.sel_capacity = 2;
  profile.sel_when_full = hw_sim::SelWhenFull::stop;
  IpmiBench bench(std::move(profile));
  const auto stands = look(bench, std::nullopt);
  act(bench, PowerAction::off);
  EXPECT_EQ(events(look(bench, stands.mark)), "Power off/down|");
  act(bench, PowerAction::on);
  EXPECT_EQ(events(look(bench, stands.mark)), "Power off/down|overflow");
}

TEST(SelLook, KeepsTheNewestOfMany) {
  auto profile = some_profile();
  profile.sel_capacity = 512;
  IpmiBench bench(std::move(profile));
  const auto stands = look(bench, std::nullopt);
  for (std::size_t i = 0; i < SelNews::max_entries; ++i) act(bench, PowerAction::reset);
  act(bench, PowerAction::off);
  const auto news = look(bench, stands.mark);
  EXPECT_EQ(news.entries.size(), SelNews::max_entries);
  EXPECT_TRUE(news.cut);
  EXPECT_EQ(news.entries.back().event, "Power off/down");
  EXPECT_EQ(events(look(bench, news.mark)), "");
}

TEST(SelLook, WhatWasReadUntilTheDeadlineIsKeptAndGoneOnFrom) {
  auto profile = some_profile();
  profile.sel_capacity = 512;
  IpmiBench bench(std::move(profile));
  auto mark = look(bench, std::nullopt).mark;
  for (int i = 0; i < 150; ++i) bench.chassis.report({.sensor_type = 0x0c, .sensor = 0x01, .offset = 0x00});
  bench.chassis.report({.sensor_type = 0x08, .sensor = 0x05, .offset = 0x03});
  unsigned looks = 0;
  std::string last;
  for (bool behind = true; behind; ++looks) {
    const auto news = bench.run(bench.bmc->records()->sel_since(mark, bench.in(20s)));
    ASSERT_TRUE(news) << news.error().message;
    ASSERT_LT(looks, 5U);
    EXPECT_FALSE(news->restarted);
    EXPECT_GT(news->mark.id, mark.id);
    EXPECT_TRUE(news->cut || !news->behind);
    behind = news->behind;
    mark = news->mark;
    last = news->entries.back().event;
  }
  EXPECT_EQ(looks, 2U);
  EXPECT_EQ(last, "Power Supply AC lost");
}

TEST(SelLook, AMarkThatIsGoneFromALongLogGivesTheNewestAtOnce) {
  auto profile = some_profile();
  profile.sel_capacity = 400;
  IpmiBench bench(std::move(profile));
  const auto stands = look(bench, std::nullopt);
  for (int i = 0; i < 900; ++i) bench.chassis.report({.sensor_type = 0x0c, .sensor = 0x01, .offset = 0x00});
  bench.chassis.report({.sensor_type = 0x08, .sensor = 0x05, .offset = 0x03});
  const unsigned before = bench.model.counters().commands;
  const auto news = look(bench, stands.mark);
  EXPECT_EQ(events(news), "Power Supply AC lost|restartedcut");
  EXPECT_EQ(bench.model.counters().commands - before, 3U);
  EXPECT_EQ(events(look(bench, news.mark)), "");
}

TEST(SelLook, TwoWhoClearAtOnceBothSucceed) {
  IpmiBench bench;
  auto other = bench.client.open(bench.address, {"ADMIN", core::Secret("secret")});
  std::optional<core::Result<>> first, second;
  bench.tasks.spawn("one", IpmiBench::keep(bench.bmc->records()->clear_sel(bench.in(60s)), first));
  bench.tasks.spawn("two", IpmiBench::keep(other->records()->clear_sel(bench.in(60s)), second));
  EXPECT_TRUE(bench.timers.run_until([&] { return first && second; }, bench.in(2min)));
  EXPECT_TRUE(*first) << first->error().message;
  EXPECT_TRUE(*second) << second->error().message;
}

TEST(RestartCauseOfABmc, IsThatOfTheLastStart) {
  IpmiBench bench;
  EXPECT_EQ(bench.run(bench.bmc->records()->restart_cause(bench.in(30s))), "unknown");
  act(bench, PowerAction::on);
  EXPECT_EQ(bench.run(bench.bmc->records()->restart_cause(bench.in(30s))), "chassis power control command");
}
