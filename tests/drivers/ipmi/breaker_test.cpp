// The breaker and the pace as pure machines, and what they do to a fleet.

#include "drivers/ipmi/breaker.hpp"

#include <gtest/gtest.h>

#include "drivers/ipmi/pace.hpp"

using namespace colony;
using namespace std::chrono_literals;
using drivers::ipmi::Breaker;
using drivers::ipmi::IpmiError;
using drivers::ipmi::Pace;
using Admission = Breaker::Admission;
using State = Breaker::State;

namespace {

core::BootTime at(core::Duration since) {
  return core::BootTime{} + 1h + since;
}

Breaker opened() {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) breaker.on_silence(at(0s), IpmiError::no_answer);
  return breaker;
}

}  // namespace

TEST(IpmiBreaker, WaitsLongerAfterEachSilenceAndOpensAtTheThird) {
  Breaker breaker;
  EXPECT_EQ(breaker.admit(at(0s)), Admission::go);
  breaker.on_silence(at(0s), IpmiError::no_answer);
  EXPECT_EQ(breaker.admit(at(0s)), Admission::wait);
  EXPECT_EQ(breaker.until(), at(1s));
  EXPECT_EQ(breaker.admit(at(1s)), Admission::go);
  breaker.on_silence(at(1s), IpmiError::no_answer);
  EXPECT_EQ(breaker.until(), at(3s));
  EXPECT_EQ(breaker.state(), State::closed);
  breaker.on_silence(at(3s), IpmiError::outcome_unknown);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_TRUE(breaker.just_opened());
  EXPECT_EQ(breaker.admit(at(4s)), Admission::refuse);
  EXPECT_EQ(breaker.until(), at(7s));
  EXPECT_EQ(breaker.why(), IpmiError::outcome_unknown);
}

TEST(IpmiBreaker, LetsOneProbeThroughAtATimeAndItsAnswerCloses) {
  Breaker breaker = opened();
  EXPECT_EQ(breaker.admit(at(4s)), Admission::go);
  EXPECT_EQ(breaker.state(), State::half_open);
  EXPECT_EQ(breaker.admit(at(4s)), Admission::refuse);
  breaker.on_answer();
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_EQ(breaker.failures(), 0U);
  EXPECT_EQ(breaker.admit(at(4s)), Admission::go);
}

TEST(IpmiBreaker, StaysOpenLongerAfterEachFailedProbeUpToALimit) {
  Breaker breaker = opened();
  core::BootTime now = at(4s);
  core::Duration last = 4s;
  for (int i = 0; i < 12; ++i) {
    now = breaker.until();
    ASSERT_EQ(breaker.admit(now), Admission::go);
    breaker.on_silence(now, IpmiError::no_answer);
    EXPECT_FALSE(breaker.just_opened());
    const core::Duration pause = breaker.until() - now;
    EXPECT_GE(pause, last);
    last = pause;
  }
  EXPECT_EQ(last, 5min);
}

TEST(IpmiBreaker, AProbeWithoutAVerdictIsFollowedByAnother) {
  Breaker breaker = opened();
  EXPECT_EQ(breaker.admit(at(4s)), Admission::go);
  breaker.on_unfinished();
  EXPECT_EQ(breaker.admit(at(4s)), Admission::go);
  breaker.on_unfinished();
  breaker.on_unfinished();  // nothing under way: nothing changes
  EXPECT_EQ(breaker.state(), State::open);
}

TEST(IpmiBreaker, SaysUntilWhenAndWhy) {
  const auto utc = *core::parse_utc("2026-11-27T12:00:00Z");
  EXPECT_FALSE(quiet_of(Breaker(), at(0s), utc));
  const auto quiet = quiet_of(opened(), at(1s), utc);
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet->until, utc + 3s);
  EXPECT_EQ(describe(*quiet),
            "the BMC has not answered 3 times in a row (no_answer) and is left alone until "
            "2026-11-27T12:00:03.000Z; then one command is the probe");
}

TEST(IpmiPace, GivesTwiceTheTimeAfterAFreezeUnderABurst) {
  Pace pace(200ms, {});
  core::BootTime now = at(0s);
  const auto burst = [&](unsigned commands) {
    for (unsigned i = 0; i < commands; ++i) EXPECT_FALSE(pace.on_answer(now += pace.gap()));
  };
  burst(8);
  pace.on_silence();
  pace.on_silence();  // the new session is not answered either
  EXPECT_EQ(pace.on_answer(now += 30s), 400ms);
  EXPECT_EQ(pace.gap(), 400ms);
  burst(6);  // with the one that ended the freeze: seven
  pace.on_silence();
  pace.on_silence();
  EXPECT_FALSE(pace.on_answer(now += 30s)) << "the run began anew";
}

TEST(IpmiPace, LearnsNothingFromALostSessionOrAnIdleBmcThatDied) {
  Pace pace(200ms, {});
  core::BootTime now = at(0s);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(pace.on_answer(now += 200ms));
  pace.on_silence();  // and the next session is answered
  EXPECT_FALSE(pace.on_answer(now += 8s));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(pace.on_answer(now += 10s));
  pace.on_silence();
  pace.on_silence();
  EXPECT_FALSE(pace.on_answer(now += 60s));
  EXPECT_EQ(pace.gap(), 200ms);
}

TEST(IpmiPace, StartsWithWhatWasLearntAndNeverGetsUnbearable) {
  EXPECT_EQ(Pace(200ms, 800ms).gap(), 800ms);
  EXPECT_EQ(Pace(200ms, 100ms).gap(), 200ms);
  EXPECT_EQ(Pace(200ms, 1h).gap(), Pace::longest_gap);
}
