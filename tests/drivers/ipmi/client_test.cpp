// The native client against the simulated BMC: what it does when all is well, and when each datagram in turn
// is lost, doubled or late.

#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using drivers::BootDevice;
using drivers::PowerAction;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;
using hw_sim::Fate;

TEST(IpmiClient, OpensOneSessionForManyCallsAndClosesIt) {
  IpmiBench bench;
  EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(30s))), core::PowerState::off);
  EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(30s))), core::PowerState::off);
  EXPECT_EQ(bench.client.suite_of(bench.address), ipmi::CipherSuite::sha256_aes);
  EXPECT_EQ(bench.model.open_sessions(), 1U);
  bench.finish();
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
  EXPECT_EQ(bench.model.counters().sessions_closed, 1U);
  EXPECT_EQ(bench.model.open_sessions(), 0U);
}

TEST(IpmiClient, FallsBackToSuite3AndRemembersIt) {
  auto profile = some_profile();
  profile.suites = {ipmi::CipherSuite::sha1_aes};
  profile.reports_privilege = false;
  IpmiBench bench(std::move(profile));
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_EQ(bench.client.suite_of(bench.address), ipmi::CipherSuite::sha1_aes);
  bench.timers.run_for(50s);  // idle: closed
  EXPECT_EQ(bench.model.open_sessions(), 0U);
  const unsigned before = bench.network.datagrams();
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_EQ(bench.network.datagrams() - before,
            10U);  // open, RAKP 1-4, privilege, status: no second proposal
}

TEST(IpmiClient, ClosesAnIdleSessionBeforeTheBmcDoes) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  bench.timers.run_for(59s);
  EXPECT_EQ(bench.model.counters().sessions_closed, 1U);
  EXPECT_EQ(bench.model.counters().sessions_expired, 0U);
}

TEST(IpmiClient, ReadsIdentityFromDeviceIdGuidAndFru) {
  IpmiBench bench;
  const auto identity = bench.run(bench.bmc->identity(bench.in(60s)));
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->manufacturer_id, 10876U);
  EXPECT_EQ(identity->firmware_revision, "2.49");
  EXPECT_EQ(identity->system_guid, core::Uuid::parse("00112233-4455-6677-8899-aabbccddeeff"));
  EXPECT_EQ(identity->board_serial, "SIMB000001");
  EXPECT_EQ(identity->product_serial, "SIMS000001");
  EXPECT_EQ(identity->product_name, "Simulated Server");
}

TEST(IpmiClient, StopsAfterTwoRejectedPasswords) {
  IpmiBench bench(some_profile(), "wrong");
  for (int i = 0; i < 2; ++i) {
    const auto state = bench.run(bench.bmc->power_state(bench.in(30s)));
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().code, "ipmi.bad_password");
    EXPECT_EQ(state.error().kind, core::ErrorKind::unauthorized);
  }
  const unsigned sent = bench.network.datagrams();
  const auto third = bench.run(bench.bmc->power_state(bench.in(30s)));
  EXPECT_EQ(third.error().code, "ipmi.locked_out");
  EXPECT_EQ(bench.network.datagrams(), sent);
  bench.timers.run_for(1s);
  EXPECT_EQ(bench.model.counters().logins_rejected, 2U);
  EXPECT_EQ(bench.model.open_sessions(), 0U);
}

TEST(IpmiClient, ASlowBmcThatDrawsAnewForARepeatedRakp1IsPatientlyLoggedInTo) {
  IpmiBench bench(like_openbmc());
  bench.model.faults().add(
      {.at = BmcMoment::session, .kind = BmcFaultKind::late, .times = 1000, .delay = 1200ms});
  for (int i = 0; i < 3; ++i) {
    const auto state = bench.run(bench.bmc->power_state(bench.in(30s)));
    EXPECT_TRUE(state) << state.error().code;
    bench.timers.run_for(1min);  // idle: closed
  }
  EXPECT_EQ(bench.model.counters().sessions_opened, 3U);
  EXPECT_LE(bench.model.counters().logins_rejected, 1U) << "from then on it is given its time";
}

TEST(IpmiClient, ARefusalOfOpenBmcIsHeardAndClosesTheBreaker) {
  IpmiBench bench(like_openbmc());
  auto stranger = bench.client.open(bench.address, {"nobody", core::Secret("secret")});
  for (int i = 0; i < 4; ++i) {
    const auto begun = bench.timers.now();
    const auto state = bench.run(stranger->power_state(bench.in(30s)));
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().code, "ipmi.no_such_user");
    EXPECT_LT(bench.timers.now() - begun, 2s);
    EXPECT_FALSE(stranger->standing().quiet);
  }
}

TEST(IpmiClient, ForgedRefusalsLockNobodyOut) {
  // While the BMC answers in time they do nothing at all; while it does not, they end an attempt.
  for (const auto delay : {core::Duration{0}, core::Duration{1500ms}}) {
    IpmiBench bench;
    if (delay > core::Duration{0}) {
      bench.model.faults().add(
          {.at = BmcMoment::session, .kind = BmcFaultKind::late, .times = 3, .delay = delay});
    }
    for (int i = 0; i < 3; ++i) {
      std::optional<core::Result<core::PowerState>> state;
      bench.tasks.spawn("call", IpmiBench::keep(bench.bmc->power_state(bench.in(30s)), state));
      bench.timers.run_for(100us);
      for (const auto status : {ipmi::RmcpStatus::unauthorized_name, ipmi::RmcpStatus::unauthorized_role,
                                ipmi::RmcpStatus::invalid_integrity_value}) {
        for (std::uint8_t tag = 0; tag < 4; ++tag) {
          bench.network.forge(
              bench.address,
              ipmi::encode_plain(ipmi::PayloadType::open_session_response,
                                 encode(ipmi::OpenSessionResponse{.tag = tag, .status = status})));
        }
      }
      EXPECT_TRUE(bench.timers.run_until([&] { return state.has_value(); }, bench.in(1min)));
      EXPECT_EQ(state->has_value(), delay == core::Duration{0});
      if (*state) continue;
      EXPECT_EQ(state->error().code, "ipmi.bad_password");
    }
    bench.timers.run_for(1min);
    EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  }
}

TEST(IpmiClient, WaitsForABmcThatIsStarting) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::command, .kind = BmcFaultKind::starting, .times = 3});
  const auto state = bench.run(bench.bmc->power_state(bench.in(30s)));
  EXPECT_TRUE(state) << state.error().code;
  bench.model.faults().add({.at = BmcMoment::command, .kind = BmcFaultKind::starting, .times = 1000});
  bench.timers.run_for(1min);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(10s))).error().code, "ipmi.busy");
  }
  bench.model.faults().clear();
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
}

TEST(IpmiClient, RefusesCredentialsThatIpmiCannotCarry) {
  IpmiBench bench;
  auto other = bench.client.open(bench.address, {"ADMIN", core::Secret("123456789012345678901")});
  EXPECT_EQ(bench.run(other->power_state(bench.in(5s))).error().code, "ipmi.credentials");
}

TEST(IpmiClient, WaitsForAFreeSession) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::session, .kind = BmcFaultKind::full, .times = 2});
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(IpmiClient, ReportsAFullSessionTableByTheDeadline) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::session, .kind = BmcFaultKind::full, .times = 1000});
  const auto state = bench.run(bench.bmc->power_state(bench.in(20s)));
  EXPECT_EQ(state.error().code, "ipmi.no_free_session");
  EXPECT_LE(bench.timers.now().time_since_epoch(), 20s);
}

TEST(IpmiClient, OpensANewSessionWhenTheBmcForgotTheOld) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  bench.model.restart();
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  // An act finds out first, and so is never swallowed.
  bench.model.restart();
  EXPECT_TRUE(bench.run(bench.bmc->power(PowerAction::on, bench.in(30s))));
  EXPECT_EQ(bench.model.counters().acts.at(PowerAction::on), 1U);
}

TEST(IpmiClient, StartsAgainWhenTheBmcForgetsAHalfOpenSession) {
  IpmiBench bench;
  bool forgotten = false;
  bench.network.set_wire([&](unsigned number) {
    if (number == 2) {  // RAKP 1 is about to leave
      forgotten = true;
      bench.model.restart();
    }
    return Fate::deliver;
  });
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_TRUE(forgotten);
  EXPECT_LT(bench.timers.now().time_since_epoch(), 1100ms) << "the refusal names no session: it has to wait";
}

TEST(IpmiClient, SendsAnActOnceAndSaysUnknownWhenItsReplyIsLost) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::power, .kind = BmcFaultKind::lose});
  bench.model.faults().add({.at = BmcMoment::power, .kind = BmcFaultKind::repeat, .times = 100});
  const auto acted = bench.run(bench.bmc->power(PowerAction::cycle, bench.in(60s)));
  ASSERT_FALSE(acted);
  EXPECT_EQ(acted.error().code, "ipmi.outcome_unknown");
  EXPECT_EQ(acted.error().kind, core::ErrorKind::timed_out);
  EXPECT_EQ(bench.model.counters().total_acts(), 1U);
  EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(60s))), core::PowerState::on);
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(IpmiClient, BacksOffFromASilentBmcAndComesBack) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::any, .kind = BmcFaultKind::freeze, .times = 1, .delay = 60s});
  const auto first = bench.run(bench.bmc->power_state(bench.in(30s)));
  EXPECT_EQ(first.error().code, "ipmi.no_answer");
  EXPECT_EQ(first.error().kind, core::ErrorKind::unreachable);
  const unsigned sent = bench.network.datagrams();
  const auto second = bench.run(bench.bmc->power_state(bench.in(500ms)));
  EXPECT_EQ(second.error().code, "ipmi.backing_off");
  EXPECT_EQ(bench.network.datagrams(), sent);
  bench.timers.run_for(60s);
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
}

TEST(IpmiClient, KeepsAGapBetweenCommands) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  const auto before = bench.timers.now();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_GE(bench.timers.now() - before, 10 * 200ms);
}

TEST(IpmiClient, EndsWhatIsUnderWayWhenItCloses) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::any, .kind = BmcFaultKind::freeze, .times = 1, .delay = 1h});
  std::optional<core::Result<core::PowerState>> state;
  bench.tasks.spawn("call", IpmiBench::keep(bench.bmc->power_state(bench.in(10min)), state));
  bench.timers.run_for(2s);
  bench.tasks.spawn("close", bench.client.close());
  bench.timers.run_for(3s);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->error().code, "ipmi.closed");
  EXPECT_EQ(bench.run(bench.bmc->power_state(bench.in(1s))).error().code, "ipmi.closed");
}

TEST(IpmiClient, ACancelledCallerLeavesTheSessionWell) {
  IpmiBench bench;
  core::TaskGroup caller(bench.timers);
  std::optional<core::Result<core::PowerState>> state;
  caller.spawn("call", IpmiBench::keep(bench.bmc->power_state(bench.in(1min)), state));
  bench.loop.poll();
  caller.cancel();
  bench.timers.run_for(10s);
  EXPECT_EQ(caller.size(), 0U);
  EXPECT_FALSE(state);
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(IpmiClient, AResetOfTheControllerThatWasNeverSentIsNoSuccess) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  // Time for the look before it, and not for the gap behind that.
  const auto reset = bench.run(bench.bmc->reset_controller(bench.in(300ms)));
  ASSERT_FALSE(reset);
  EXPECT_EQ(reset.error().code, "ipmi.deadline");
  EXPECT_EQ(bench.model.counters().resets, 0U);
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s)))) << "and the session lives on";
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(IpmiClient, NoticesABootDeviceThatIsAcceptedAndIgnored) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore});
  const auto set = bench.run(bench.bmc->set_boot_device({.device = BootDevice::pxe}, bench.in(30s)));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, "ipmi.boot_device_ignored");
}

namespace {

struct Outcome {
  core::Result<> set = core::Result<>{};
  core::Result<> acted = core::Result<>{};
};

/// What a workflow does: read, set the boot device, act.
Outcome boot_over_the_network(IpmiBench& bench) {
  Outcome out;
  out.set = bench.run(bench.bmc->set_boot_device(
      {.device = BootDevice::pxe, .firmware = drivers::BootFirmware::efi}, bench.in(5min)));
  out.acted = bench.run(bench.bmc->power(PowerAction::cycle, bench.in(5min)));
  return out;
}

}  // namespace

struct Suffering {
  Fate fate;
  hw_sim::BmcProfile (*profile)();
};

class EachDatagram : public ::testing::TestWithParam<Suffering> {};

// The k-th datagram, either way, suffers; for every k until a run has no k-th datagram.
TEST_P(EachDatagram, MayFailAndNothingActsTwiceOrStaysOpen) {
  for (unsigned k = 0;; ++k) {
    SCOPED_TRACE(k);
    auto profile = GetParam().profile();
    profile.max_sessions = 2;
    IpmiBench bench(std::move(profile));
    // A BMC that carries out every retransmission as a new command.
    bench.model.faults().add({.at = BmcMoment::command, .kind = BmcFaultKind::repeat, .times = 1000});
    bool struck = false;
    bench.network.set_wire([&](unsigned number) {
      if (number != k) return Fate::deliver;
      struck = true;
      return GetParam().fate;
    });
    const auto out = boot_over_the_network(bench);
    EXPECT_TRUE(out.set) << out.set.error().message;
    EXPECT_EQ(bench.chassis.boot_device().device, BootDevice::pxe);
    EXPECT_LE(bench.model.counters().total_acts(), 1U);
    if (out.acted) {
      EXPECT_EQ(bench.model.counters().total_acts(), 1U);
    } else {
      EXPECT_EQ(out.acted.error().code, "ipmi.outcome_unknown");
      EXPECT_EQ(GetParam().fate, Fate::lose);
    }
    bench.network.set_wire({});
    EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(1min))));
    bench.finish();
    bench.timers.run_for(90s);
    EXPECT_EQ(bench.model.open_sessions(), 0U);
    if (!struck) {
      EXPECT_GT(k, 20U);
      break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    IpmiClient, EachDatagram,
    ::testing::Values(Suffering{Fate::lose, some_profile}, Suffering{Fate::duplicate, some_profile},
                      Suffering{Fate::late, some_profile}, Suffering{Fate::lose, like_openbmc},
                      Suffering{Fate::duplicate, like_openbmc}, Suffering{Fate::late, like_openbmc}),
    [](const auto& info) {
      const std::string whose = info.param.profile == like_openbmc ? "OfOpenBmc" : "";
      switch (info.param.fate) {
        case Fate::lose: return "Lost" + whose;
        case Fate::duplicate: return "Doubled" + whose;
        default: return "Late" + whose;
      }
    });

TEST(IpmiClient, SurvivesABadNetworkWithoutActingTwice) {
  unsigned acted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    core::SeededRandom chance(seed * 77);  // outlives the bench, which closes its session over this wire
    IpmiBench bench(some_profile(), "secret", seed);
    bench.network.set_wire([&](unsigned) {
      const auto dice = chance.below(100);
      if (dice < 10) return Fate::lose;
      if (dice < 15) return Fate::duplicate;
      if (dice < 20) return Fate::late;
      return Fate::deliver;
    });
    const auto out = boot_over_the_network(bench);
    EXPECT_LE(bench.model.counters().total_acts(), 1U);
    if (out.acted) {
      EXPECT_EQ(bench.model.counters().total_acts(), 1U);
      ++acted;
    }
  }
  EXPECT_GE(acted, 25U);
}

TEST(IpmiClient, ServesManyBmcsAndADeadOneDelaysNobody) {
  IpmiBench bench;
  constexpr unsigned count = 200;
  std::vector<std::unique_ptr<hw_sim::PlainChassis>> machines;
  std::vector<std::unique_ptr<hw_sim::BmcModel>> models;
  std::vector<std::unique_ptr<drivers::Bmc>> bmcs;
  for (unsigned i = 0; i < count; ++i) {
    const drivers::BmcEndpoint at{core::Ipv4Address(0x0a010000 + i), 623};
    machines.push_back(std::make_unique<hw_sim::PlainChassis>());
    models.push_back(std::make_unique<hw_sim::BmcModel>(some_profile(), *machines.back(), bench.random));
    if (i % 10 == 0) {
      models.back()->faults().add(
          {.at = BmcMoment::any, .kind = BmcFaultKind::freeze, .times = 1, .delay = 1h});
    }
    bench.network.add(at, *models.back());
    bmcs.push_back(bench.client.open(at, {"ADMIN", core::Secret("secret")}));
  }
  std::vector<std::optional<core::Result<core::PowerState>>> states(count);
  for (unsigned i = 0; i < count; ++i) {
    bench.tasks.spawn("sweep", IpmiBench::keep(bmcs[i]->power_state(bench.in(30s)), states[i]));
  }
  bench.timers.run_for(1s);
  for (unsigned i = 0; i < count; ++i) {
    if (i % 10 == 0) {
      EXPECT_FALSE(states[i].has_value());
    } else {
      ASSERT_TRUE(states[i].has_value());
      EXPECT_EQ(*states[i], core::PowerState::off);
    }
  }
  bench.timers.run_for(30s);
  EXPECT_EQ(states[0]->error().code, "ipmi.no_answer");
  bmcs.clear();
  bench.finish();
  for (const auto& model : models) EXPECT_EQ(model->open_sessions(), 0U);
}
