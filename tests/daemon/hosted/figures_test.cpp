// The link's figures under virtual time, each printed with its seed (COLONY_SEED gives another one). The
// goals are counts and virtual times, whatever machine this runs on.

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/daemon/hosted/fleet.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace colony::daemon::hosted::test;
using core::BootTime;
using core::http::ClientRequest;
using core::http::ClientResponse;

namespace {

std::uint64_t seed() {
  const char* const given = std::getenv("COLONY_SEED");
  return given == nullptr ? 20261120 : std::strtoull(given, nullptr, 10);
}

double seconds(core::Duration span) {
  return std::chrono::duration<double>(span).count();
}

/// When requests reached the hosted side, or would have.
struct Counter {
  std::vector<BootTime> at;
  /// The most in any window of this length.
  [[nodiscard]] std::size_t most(core::Duration window) const {
    std::size_t best = 0;
    std::size_t first = 0;
    for (std::size_t last = 0; last < at.size(); ++last) {
      while (at[first] + window <= at[last]) ++first;
      best = std::max(best, last - first + 1);
    }
    return best;
  }
};

unsigned status_count(Bench& bench, const std::string& status) {
  return bench.model.state()["requests"]["by_status"].value(status, 0U);
}

/// What the way to the hosted side does while it is away, by the hour.
std::optional<MemoryExchange::Answer> away(core::BootTime now) {
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(now.time_since_epoch()).count();
  const auto answered = [](unsigned status, const char* retry_after) {
    ClientResponse response;
    response.status = static_cast<core::http::Status>(status);
    if (*retry_after != 0) (void)response.headers.add("Retry-After", retry_after);
    return MemoryExchange::Answer(std::move(response));
  };
  switch (hour % 8) {
    case 0: return core::fail(core::ErrorKind::unreachable, "http.connect", "refused");
    case 1: return core::fail(core::ErrorKind::timed_out, "http.timeout", "no answer");
    case 2: return answered(503, "");
    case 3: return answered(429, "Sunday, 06-Nov-94 08:49:37 GMT");
    case 4: return answered(429, "99999999999");
    case 5: return core::fail(core::ErrorKind::refused, "hosted.tls_expired", "expired");
    case 6: return answered(500, "soon");
    default: return core::fail(core::ErrorKind::unreachable, "hosted.dns", "no name server");
  }
}

}  // namespace

TEST(HostedFigures, AThousandServersProvisioningAtOnce) {
  constexpr unsigned servers = 1000;
  Bench bench({.key = "good"}, seed());
  Fleet fleet(bench, record_stories());
  bench.taker = &fleet;
  bench.restart();
  Counter requests;
  bench.exchange.latency = 150ms;
  bench.exchange.instead = [&](const ClientRequest&) {
    requests.at.push_back(bench.timers.now());
    return std::optional<MemoryExchange::Answer>();
  };
  bench.exchange.answered = [&] { fleet.look(); };
  bench.run(10min);
  const auto begun = bench.timers.now();
  for (const std::string type : {"provision", "wipe"}) {
    for (unsigned i = 1; i <= servers; ++i) {
      (void)bench.model.order(type, "server-" + std::to_string(i), Json::object());
    }
    bench.server.changed();
    const auto wanted = fleet.finished + servers;
    ASSERT_TRUE(bench.timers.run_until([&] { return fleet.finished == wanted && fleet.unseen.empty(); },
                                       bench.timers.now() + 3h))
        << fleet.finished << " " << fleet.unseen.size();
    fmt::print(
        "seed {}: {} servers: {} done after {:.0f} s, longest wait of an end {:.1f} s, {} requests so far\n",
        seed(), servers, type, seconds(bench.timers.now() - begun), seconds(fleet.longest_wait),
        requests.at.size());
  }
  bench.run(10min);
  const auto last = bench.journal->marks().last_event.value;
  fmt::print(
      "seed {}: {} events; requests: at most {} in an hour, {} in a minute; 429: {}; events arrived {}, "
      "repeated {}\n",
      seed(), last, requests.most(1h), requests.most(1min), status_count(bench, "429"), bench.distinct(),
      bench.agent()["event_posts"].value("repeated", 0));
  EXPECT_LT(requests.most(1h), 600U);
  EXPECT_LE(fleet.longest_wait, 15s);
  EXPECT_EQ(bench.distinct(), last);
  EXPECT_EQ(status_count(bench, "429"), 0U);
  EXPECT_EQ(bench.agent()["assets"].size(), servers);
  for (const auto& [id, asset] : bench.agent()["assets"].items())
    EXPECT_EQ(asset["status"], "available") << id;
  fleet.work.cancel();
  bench.run(1s);
}

TEST(HostedFigures, ThreeDaysAwayWithFullWork) {
  constexpr unsigned servers = 60;
  constexpr core::Duration outage = 72h;
  Bench bench({.key = "good"}, seed());
  Fleet fleet(bench, record_stories());
  bench.run(1min);
  const auto gone = bench.timers.now();
  const auto back = gone + outage;
  Counter attempts;
  bench.exchange.latency = 100ms;
  bench.exchange.instead = [&](const ClientRequest&) -> std::optional<MemoryExchange::Answer> {
    attempts.at.push_back(bench.timers.now());
    return bench.timers.now() < back ? away(bench.timers.now()) : std::nullopt;
  };
  bench.exchange.answered = [&] { fleet.look(); };
  for (unsigned i = 1; i <= servers; ++i) {
    fleet.work.spawn("toil",
                     fleet.toil(i, back + 1h, 25min + std::chrono::seconds(bench.random.below(1200))));
  }
  for (int restarts = 0; restarts < 2; ++restarts) {
    bench.run(outage / 3);
    bench.restart();
  }
  bench.run(back - bench.timers.now());
  const auto missed = bench.journal->marks().last_event.value;
  std::uintmax_t disk = 0;
  for (const auto* file : {"colony.db", "colony.db-wal"}) {
    std::error_code none;
    const auto size = std::filesystem::file_size(bench.directory.file(file), none);
    if (!none) disk += size;
  }
  const auto during = attempts.at.size();
  EXPECT_EQ(bench.distinct(), 0U);
  const auto last_answer = bench.link->status().last_success;
  ASSERT_TRUE(
      bench.timers.run_until([&] { return bench.link->status().last_success != last_answer; }, back + 1h));
  const auto answered = bench.timers.now();
  ASSERT_TRUE(bench.timers.run_until([&] { return bench.distinct() >= missed; }, back + 1h));
  const auto caught_up = bench.timers.now();
  fmt::print(
      "seed {}: 72 h away, {} servers at work: {} events waited, {:.1f} MB on disk ({:.0f} bytes an event "
      "with "
      "the rows it is about), {} attempts meanwhile, at most {} in an hour\n",
      seed(), servers, missed, static_cast<double>(disk) / 1e6,
      static_cast<double>(disk) / static_cast<double>(missed), during, attempts.most(1h));
  fmt::print(
      "seed {}: {:.0f} s after the return everything had arrived ({:.0f} s after the first answer), {} "
      "calls, 429: "
      "{}\n",
      seed(), seconds(caught_up - back), seconds(caught_up - answered), attempts.at.size() - during,
      status_count(bench, "429"));
  EXPECT_GE(missed, 100'000U);
  EXPECT_LE(caught_up - back, 10min);
  EXPECT_EQ(status_count(bench, "429"), 0U);
  fleet.work.cancel();
  bench.run(1h);
  EXPECT_TRUE(fleet.unseen.empty());
  const auto last = bench.journal->marks().last_event.value;
  EXPECT_EQ(bench.distinct(), last);
  EXPECT_EQ(bench.agent()["events"].size(), last) << "every one, from the first on";
  EXPECT_EQ(bench.agent().value("lost_events", 0), 0);
  EXPECT_FALSE(bench.agent()["event_posts"].contains("contradicting"));
  EXPECT_FALSE(bench.agent()["event_posts"].contains("out_of_order"));
  EXPECT_LE(attempts.most(1h), 900U);
  EXPECT_LT(disk, 2000 * missed) << "bytes on disk";
}

TEST(HostedFigures, TwoKeysInTurnAndARestartEveryFewMinutes) {
  // A third of the documented limits, so that what there is to say is more than fits; over there both keys
  // are good.
  Bench bench({.key = "", .per_minute = 50, .per_hour = 333}, seed());
  bench.settings.limits = {.per_minute = 45, .per_hour = 300};
  bench.restart();
  std::map<std::string, Counter> by_key;
  Counter all;
  bench.exchange.instead = [&](const ClientRequest&) {
    by_key[bench.exchange.key().text()].at.push_back(bench.timers.now());
    all.at.push_back(bench.timers.now());
    return std::optional<MemoryExchange::Answer>();
  };
  unsigned restarts = 0;
  for (int step = 0; step < 2 * 3600; ++step) {
    (void)bench.order("discover");  // there is always an order to fetch, an event and an asset to send
    bench.commit_asset(static_cast<unsigned>(step % 50));
    if (step % 300 == 299) bench.exchange.key_file = bench.exchange.key_file == "good" ? "fresh" : "good";
    if (step % 211 == 210) {
      bench.restart();
      ++restarts;
    }
    bench.run(1s);
  }
  for (const auto& [key, counter] : by_key) {
    fmt::print("seed {}: key {}: at most {} in a minute, {} in an hour\n", seed(), key, counter.most(1min),
               counter.most(1h));
    EXPECT_LE(counter.most(1min), 50U);
    EXPECT_LE(counter.most(1h), 333U);
  }
  fmt::print(
      "seed {}: {} requests with {} keys in 2 h, {} restarts, at most {} in an hour together; 429: {}\n",
      seed(), all.at.size(), by_key.size(), restarts, all.most(1h), status_count(bench, "429"));
  EXPECT_EQ(by_key.size(), 2U);
  EXPECT_GT(all.most(1h), 333U) << "each key has its own hour";
  EXPECT_EQ(status_count(bench, "429"), 0U);
}
