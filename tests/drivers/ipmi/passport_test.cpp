// What a BMC teaches, what the next client makes of it, and that a dead BMC costs nobody else anything.

#include <nlohmann/json.hpp>

#include "drivers/bmc_passport.hpp"
#include "drivers/bmc_records.hpp"
#include "drivers/serial_console.hpp"
#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;

TEST(BmcPassport, SurvivesBeingWrittenDown) {
  drivers::BmcPassport passport;
  EXPECT_EQ(to_json(passport).dump(), "{}");
  passport = {.suites = {3, 17},
              .sessions = 4,
              .was_full = true,
              .gap = 400ms,
              .sol = drivers::Learnt::no,
              .password_bytes = 20};
  EXPECT_EQ(drivers::passport_from_text(to_json(passport).dump()), passport);
  for (const auto* text :
       {"", "[]", "{", R"({"cipher_suites":"3","sessions":-1,"sol":7,"command_gap_ms":"x"})"}) {
    EXPECT_EQ(drivers::passport_from_text(text), drivers::BmcPassport{}) << text;
  }
  EXPECT_EQ(drivers::passport_from_text(R"({"command_gap_ms":18446744073709551615})").gap, 1min);
}

TEST(BmcPassport, IsLearntFromWhatHappensAndBeginsTheNextLife) {
  auto profile = some_profile();
  profile.suites = {ipmi::CipherSuite::sha1_aes};
  profile.max_sessions = 1;
  profile.sol = false;
  IpmiBench bench(std::move(profile));
  std::optional<drivers::BmcPassport> kept;
  bench.client.set_on_learnt([&](const drivers::BmcEndpoint& endpoint, const drivers::BmcPassport& passport) {
    EXPECT_EQ(endpoint.address, bench.address.address);
    kept = passport;
  });
  ASSERT_TRUE(bench.run(bench.bmc->identity(bench.in(60s))));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->suites, std::vector<std::uint8_t>{3});
  EXPECT_EQ(kept->sessions, 1);
  EXPECT_EQ(kept->sol, drivers::Learnt::unknown) << "nobody has opened the serial line";
  EXPECT_FALSE(bench.run(bench.bmc->serial()->open_serial(drivers::Contention::refuse, bench.in(30s))));
  EXPECT_EQ(kept->sol, drivers::Learnt::no);
  EXPECT_EQ(bench.bmc->standing().passport, *kept);
  bench.timers.run_for(6s);
  EXPECT_EQ(bench.model.open_sessions(), 0U) << "its only session is given back soon";

  // Another client, as after a restart: the suite that works comes first.
  auto same = some_profile();
  same.suites = {ipmi::CipherSuite::sha1_aes};
  IpmiBench later(std::move(same));
  later.bmc = later.client.open(later.address, {"ADMIN", core::Secret("secret")}, *kept);
  EXPECT_TRUE(later.run(later.bmc->power_state(later.in(30s))));
  EXPECT_EQ(later.network.datagrams(), 10U) << "open, RAKP 1-4, privilege, status: no second proposal";
}

// OpenIPMI's ipmi_sim 2.0.33, given a serial line, ends at Get Channel Payload Support for the channel in
// use.
TEST(BmcPassport, NoQuestionAtEnrolmentKillsABmcThatDiesOfQuestionsAboutItsPayloads) {
  IpmiBench bench;
  bench.model.faults().add(
      {.at = BmcMoment::payload, .kind = BmcFaultKind::freeze_after, .times = 0, .delay = 24h});
  EXPECT_TRUE(bench.run(bench.bmc->identity(bench.in(60s))));
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
}

TEST(BmcPassport, TheSerialLineIsLearntWhenItIsOpened) {
  IpmiBench bench;
  const auto open = [&bench](drivers::Bmc& bmc) {
    return bench.run(bmc.serial()->open_serial(drivers::Contention::refuse, bench.in(30s)));
  };
  const auto line = open(*bench.bmc);
  ASSERT_TRUE(line);
  EXPECT_EQ(bench.bmc->standing().passport.sol, drivers::Learnt::yes);
  const auto other = bench.client.open(bench.address, {"ADMIN", core::Secret("secret")});
  EXPECT_EQ(open(*other).error().code, "ipmi.sol_busy");
  EXPECT_EQ(other->standing().passport.sol, drivers::Learnt::yes) << "somebody else has it: it is there";

  IpmiBench silent;
  silent.model.faults().add({.at = BmcMoment::payload, .kind = BmcFaultKind::drop, .times = 1000});
  EXPECT_FALSE(silent.run(silent.bmc->serial()->open_serial(drivers::Contention::refuse, silent.in(30s))));
  EXPECT_EQ(silent.bmc->standing().passport.sol, drivers::Learnt::unknown) << "silence says nothing";
}

TEST(BmcPassport, AFreezeUnderABurstMakesTheGapWider) {
  IpmiBench bench;
  bench.model.faults().add(
      {.at = BmcMoment::command, .kind = BmcFaultKind::freeze_after, .times = 30, .delay = 40s});
  for (int i = 0; i < 60; ++i) {
    if (!bench.run(bench.bmc->power_state(bench.in(20s)))) bench.timers.run_for(20s);
  }
  EXPECT_EQ(bench.bmc->standing().passport.gap, 400ms);
  const auto before = bench.timers.now();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(20s))));
  EXPECT_GE(bench.timers.now() - before, 5 * 400ms);
}

TEST(BmcPassport, AFullSessionTableIsRemembered) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::session, .kind = BmcFaultKind::full, .times = 1});
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_TRUE(bench.bmc->standing().passport.was_full);
}

TEST(IpmiBreaker, FailsAtOnceWithUntilAndWhyAndComesBackByOneProbe) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::any, .kind = BmcFaultKind::freeze, .times = 1, .delay = 10min});
  while (!bench.bmc->standing().quiet) {
    EXPECT_FALSE(bench.run(bench.bmc->power_state(bench.in(60s))));
    ASSERT_LT(bench.timers.now().time_since_epoch(), 5min);
  }
  const unsigned sent = bench.network.datagrams();
  const auto asked = bench.timers.now();
  const auto refused = bench.run(bench.bmc->power_state(bench.in(60s)));
  EXPECT_EQ(refused.error().code, "ipmi.breaker_open");
  EXPECT_EQ(refused.error().kind, core::ErrorKind::unreachable);
  EXPECT_EQ(refused.error().message, describe(*bench.bmc->standing().quiet));
  EXPECT_EQ(bench.timers.now(), asked);
  EXPECT_EQ(bench.network.datagrams(), sent);
  bench.timers.run_for(20min);
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(60s))));
  EXPECT_FALSE(bench.bmc->standing().quiet);
}

TEST(IpmiBreaker, WhatPassesTheProbeIsTheProbe) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::any, .kind = BmcFaultKind::freeze, .times = 1, .delay = 2min});
  while (!bench.bmc->standing().quiet) EXPECT_FALSE(bench.run(bench.bmc->power_state(bench.in(60s))));
  bench.timers.run_for(5min);
  // A slow question begins as the probe; a power command comes before its first word is said.
  std::optional<core::Result<drivers::SensorReadings>> sensors;
  bench.tasks.spawn("sensors", IpmiBench::keep(bench.bmc->records()->sensors(
                                                   drivers::SensorDetail::thresholds, bench.in(2min)),
                                               sensors));
  bench.timers.run_for(1ms);
  ASSERT_TRUE(bench.bmc->standing().quiet) << "nothing was answered yet";
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  bench.timers.run_for(2min);
  ASSERT_TRUE(sensors);
  EXPECT_TRUE(*sensors);
}

TEST(IpmiBreaker, WrongPasswordsAndAFullTableDoNotOpenIt) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::session, .kind = BmcFaultKind::full, .times = 1000});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(20s))).error().code, "ipmi.no_free_session");
  }
  EXPECT_FALSE(bench.bmc->standing().quiet);
  IpmiBench other(some_profile(), "wrong");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(other.run(other.bmc->power_state(other.in(20s))));
  EXPECT_FALSE(other.bmc->standing().quiet);
}

TEST(IpmiBreaker, OpensForABmcThatTakesSessionsAndAnswersNoCommand) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::status, .kind = BmcFaultKind::drop, .times = 1000});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(bench.run(bench.bmc->power_state(bench.in(60s))));
  EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(3s))).error().code, "ipmi.breaker_open");
}

TEST(IpmiClient, ResetsTheControllerAndFindsItAgain) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->reset_controller(bench.in(30s))));
  EXPECT_EQ(bench.model.counters().resets, 1U);
  EXPECT_EQ(bench.model.open_sessions(), 0U);
  EXPECT_FALSE(bench.run(bench.bmc->power_state(bench.in(20s)))) << "it restarts";
  bench.timers.run_for(2min);
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_EQ(bench.model.counters().total_acts(), 0U);
}

namespace {

/// What 100 BMCs are asked every two seconds for five minutes, and how long each answer took.
struct Fleet {
  static constexpr unsigned count = 100;
  using Latencies = std::vector<core::Duration>;

  static bool dies(unsigned number) { return number % 10 == 3; }

  core::Task<> poll(unsigned number) {
    for (int i = 0; i < 150; ++i) {
      const auto asked = bench.timers.now();
      const auto state = co_await bmcs[number]->power_state(asked + 30s);
      if (state) latencies[number].push_back(bench.timers.now() - asked);
      if (!state) longest_failure = std::max(longest_failure, bench.timers.now() - asked);
      co_await bench.timers.sleep_until(asked + 2s);
    }
  }

  explicit Fleet(bool some_die) {
    for (unsigned i = 0; i < count; ++i) {
      // Each its own chance: what one BMC draws does not change another.
      randoms.push_back(std::make_unique<core::SeededRandom>(i + 1));
      chassis.push_back(std::make_unique<hw_sim::PlainChassis>());
      models.push_back(std::make_unique<hw_sim::BmcModel>(some_profile(), *chassis.back(), *randoms.back()));
      if (some_die && dies(i)) {
        // In the middle of a session: half of them for ever, the others for a minute, each at its own time.
        const bool for_ever = i % 20 == 3;
        models.back()->faults().add({.at = BmcMoment::command,
                                     .kind = BmcFaultKind::freeze_after,
                                     .times = 5 + i / 4,
                                     .delay = for_ever ? 24h : 1min});
      }
      const drivers::BmcEndpoint at{core::Ipv4Address(0x0a020000U + i), 623};
      bench.network.add(at, *models.back());
      bmcs.push_back(bench.client.open(at, {"ADMIN", core::Secret("secret")}));
    }
    latencies.resize(count);
    for (unsigned i = 0; i < count; ++i) bench.tasks.spawn("poll", poll(i));
    bench.timers.run_until([this] { return bench.tasks.size() == 0; }, bench.timers.now() + 2h);
  }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet() {
    bmcs.clear();
    bench.finish();
  }

  std::vector<std::unique_ptr<core::SeededRandom>> randoms;
  std::vector<std::unique_ptr<hw_sim::PlainChassis>> chassis;
  std::vector<std::unique_ptr<hw_sim::BmcModel>> models;
  IpmiBench bench;
  std::vector<std::unique_ptr<drivers::Bmc>> bmcs;
  std::vector<Latencies> latencies;
  core::Duration longest_failure{};
};

}  // namespace

TEST(IpmiBreaker, TheLivingNeverWaitForTheDead) {
  const Fleet well(false);
  const Fleet sick(true);
  for (unsigned i = 0; i < Fleet::count; ++i) {
    if (Fleet::dies(i)) {
      EXPECT_LT(sick.latencies[i].size(), well.latencies[i].size()) << i;
      const bool for_ever = i % 20 == 3;
      EXPECT_EQ(sick.bmcs[i]->standing().quiet.has_value(), for_ever) << i;
    } else {
      EXPECT_EQ(sick.latencies[i], well.latencies[i]) << i;
      EXPECT_EQ(sick.latencies[i].size(), 150U) << i;
    }
  }
  EXPECT_LE(sick.longest_failure, 30s);
}
