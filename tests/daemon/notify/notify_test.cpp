#include "daemon/notify/notify.hpp"

#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"

using namespace colony::core;
using namespace colony::daemon;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

namespace {

class Recorder final : public ServiceManager {
 public:
  void tell(std::string_view assignments) override { told.emplace_back(assignments); }
  [[nodiscard]] std::optional<Duration> watchdog_interval() const override { return interval; }
  std::vector<std::string> told;
  std::optional<Duration> interval = 15s;
};

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T00:00:00Z")};
  Log log = Log::silent();
  TaskGroup group{timers};
  Recorder manager;
  ~Bench() {
    group.cancel();
    timers.run_for(1s);
  }
};

}  // namespace

TEST(Notify, SaysWhatSystemdExpects) {
  Recorder manager;
  tell_ready(manager, "8 assets,\nall well");
  tell_reloading(manager);
  tell_stopping(manager);
  EXPECT_THAT(manager.told, ElementsAre("READY=1\nSTATUS=8 assets, all well",
                                        "RELOADING=1\nSTATUS=reading the configuration again",
                                        "STOPPING=1\nSTATUS=stopping"));
}

TEST(Watchdog, IsFedThreeTimesPerInterval) {
  Bench bench;
  bench.group.spawn("watchdog",
                    feed_watchdog(bench.manager, bench.timers, bench.log, [] { return std::nullopt; }));
  bench.timers.run_for(29s);
  EXPECT_EQ(bench.manager.told.size(), 6U);
  EXPECT_EQ(bench.manager.told.front(), "WATCHDOG=1");
}

TEST(Watchdog, IsNotFedOnceTheJournalOwesAnAnswerForAnInterval) {
  Bench bench;
  std::optional<BootTime> since;
  bench.group.spawn("watchdog",
                    feed_watchdog(bench.manager, bench.timers, bench.log, [&since] { return since; }));
  bench.timers.run_for(1s);
  since = bench.timers.now();
  bench.timers.run_for(15s);
  EXPECT_EQ(bench.manager.told.size(), 4U) << "slow is not stuck";
  bench.timers.run_for(60s);
  EXPECT_EQ(bench.manager.told.size(), 4U);
  since.reset();
  bench.timers.run_for(5s);
  EXPECT_EQ(bench.manager.told.size(), 5U);
}

TEST(Watchdog, EndsWhenNobodyAsksForIt) {
  Bench bench;
  bench.manager.interval.reset();
  bench.group.spawn("watchdog",
                    feed_watchdog(bench.manager, bench.timers, bench.log, [] { return std::nullopt; }));
  bench.timers.run_for(1s);
  EXPECT_EQ(bench.group.size(), 0U);
}

TEST(Systemd, SendsToTheNotifySocketAndReadsTheWatchdogInterval) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = ::testing::TempDir() + "notify-" + std::to_string(::getpid());
  ASSERT_LT(name.size(), sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "15000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);

  Systemd systemd;
  EXPECT_EQ(systemd.watchdog_interval(), Duration(15s));
  tell_ready(systemd, "serving");
  char buffer[128];
  const ssize_t size = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string_view(buffer, static_cast<std::size_t>(size)), "READY=1\nSTATUS=serving");

  ::close(fd);
  ::unlink(name.c_str());
  for (const char* variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(variable);
  EXPECT_EQ(systemd.watchdog_interval(), std::nullopt);
  tell_ready(systemd, "nobody listens");
}
