// AddressShell against the kernel: each test makes two network namespaces joined by a veth pair, "us" and
// "them". They belong to the test's own process and its child, so nothing is left behind whatever happens.

#include <csignal>
#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/address/address_keeper.hpp"

using namespace colony::core;
using namespace colony::daemon;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

namespace {

constexpr ArpTiming quick{.probe_wait = 10ms,
                          .probe_min = 20ms,
                          .probe_max = 30ms,
                          .announce_wait = 40ms,
                          .announce_interval = 20ms,
                          .defend_interval = 10s};

class MemoryRecords final : public AddressRecords {
 public:
  std::optional<AddressRecord> load() override { return record; }
  Task<Result<>> save(std::optional<AddressRecord> value) override {
    record = std::move(value);
    co_return Result<>{};
  }
  std::optional<AddressRecord> record;
};

void run(const std::string& command) {
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

class AddressShellTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root for network namespaces";
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    them_ = ::fork();
    if (them_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const bool ok = ::unshare(CLONE_NEWNET) == 0 && ::write(ready[1], "x", 1) == 1;
      while (ok) ::pause();
      ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    run(fmt::format("ip link add us0 type veth peer name them0 netns {}", them_));
    run("ip link set us0 up");
    run("ip address add 10.1.1.2/24 dev us0");
    run(in_them("ip link set them0 up"));
  }
  void TearDown() override {
    if (them_ > 0) {
      ::kill(them_, SIGKILL);
      ::waitpid(them_, nullptr, 0);
    }
  }
  [[nodiscard]] std::string in_them(const std::string& command) const {
    return fmt::format("nsenter -t {} -n {}", them_, command);
  }

  /// One life of a daemon: claims, then gives back (or dies without).
  struct Life {
    explicit Life(MemoryRecords& records, ArpTiming timing = quick)
        : shell({timers, random, sockets, kernel, records, log, "this-boot", timing}) {}
    ~Life() {
      loop.restart();
      group.spawn("end", [](AddressShell& s) -> Task<> { co_await s.give_back(); }(shell));
      loop.run();
    }
    Result<ClaimedAddress> claim(const char* interface, const char* ip) {
      Result<ClaimedAddress> out = fail(ErrorKind::internal, "", "");
      const auto task = [](AddressShell& s, AddressWish wish, Result<ClaimedAddress>& result,
                           boost::asio::io_context& l) -> Task<> {
        result = co_await s.claim(wish);
        l.stop();
      };
      group.spawn("claim",
                  task(shell, {*InterfaceName::parse(interface), *AddressSpec::parse(ip)}, out, loop));
      loop.restart();
      loop.run_for(20s);
      return out;
    }
    boost::asio::io_context loop{1};
    SystemTimers timers{loop};
    SystemRandom random;
    KernelSockets sockets;
    KernelAddresses kernel;
    Log log = Log::silent();
    AddressShell shell;
    TaskGroup group{timers};
  };

  static std::vector<std::string> addresses() {
    std::vector<std::string> out;
    KernelAddresses kernel;
    const auto states = kernel.interfaces();
    EXPECT_TRUE(states);
    for (const auto& state : *states) {
      if (state.name != "us0") continue;
      for (const auto& address : state.addresses) out.push_back(address.to_string());
    }
    return out;
  }

  MemoryRecords records_;
  pid_t them_ = -1;
};

}  // namespace

TEST_F(AddressShellTest, AFreeAddressIsClaimedAndGivenBack) {
  {
    Life life(records_);
    const auto claimed = life.claim("us0", "10.1.1.5/24");
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_EQ(claimed->way, AddressPlan::Way::claim);
    EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.5/24"));
    ASSERT_TRUE(records_.record);
    EXPECT_EQ(records_.record->interface, "us0");
  }
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24"));
  EXPECT_FALSE(records_.record);
}

TEST_F(AddressShellTest, WithTheRealTimingTheClaimEndsWithinSevenSeconds) {
  Life life(records_, ArpTiming{});
  const auto claimed = life.claim("us0", "10.1.1.5");
  ASSERT_TRUE(claimed) << claimed.error().message;
  EXPECT_GE(claimed->took, 4s);
  EXPECT_LE(claimed->took, 7s);
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.5/32"));
}

TEST_F(AddressShellTest, AConflictNamesTheOtherMacAndClaimsNothing) {
  run(in_them("ip link set them0 address 02:00:00:00:00:99"));
  run(in_them("ip address add 10.1.1.5/24 dev them0"));
  Life life(records_);
  const auto claimed = life.claim("us0", "10.1.1.5/24");
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, "address.conflict");
  EXPECT_THAT(claimed.error().message, HasSubstr("02:00:00:00:00:99"));
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24"));
  EXPECT_FALSE(records_.record);
}

TEST_F(AddressShellTest, AMissingOrDownInterfaceIsNamed) {
  Life life(records_);
  EXPECT_EQ(life.claim("nope0", "10.1.1.5/24").error().code, "address.interface_missing");
  run("ip link set us0 down");
  EXPECT_EQ(life.claim("us0", "10.1.1.5/24").error().code, "address.interface_down");
}

TEST_F(AddressShellTest, AnAddressThatWasThereStays) {
  run("ip address add 10.1.1.5/24 dev us0");
  {
    Life life(records_);
    const auto claimed = life.claim("us0", "10.1.1.5/24");
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->way, AddressPlan::Way::borrow);
  }
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.5/24"));
}

TEST_F(AddressShellTest, AfterACrashItIsReannouncedWithoutAProbeAndGivenBackAtTheEnd) {
  run("ip address add 10.1.1.5/24 dev us0");  // what the crashed run left
  records_.record = AddressRecord{"us0", *Ipv4Network::parse("10.1.1.5/24"), "this-boot"};
  {
    Life life(records_, ArpTiming{});
    const auto claimed = life.claim("us0", "10.1.1.5/24");
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_EQ(claimed->way, AddressPlan::Way::resume);
    EXPECT_LT(claimed->took, 500ms);
  }
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24"));
  EXPECT_FALSE(records_.record);
}

TEST_F(AddressShellTest, AChangedAddressTakesTheOldOneOff) {
  run("ip address add 10.1.1.7/24 dev us0");
  records_.record = AddressRecord{"us0", *Ipv4Network::parse("10.1.1.7/24"), "this-boot"};
  Life life(records_);
  ASSERT_TRUE(life.claim("us0", "10.1.1.5/24"));
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.5/24"));
}

TEST_F(AddressShellTest, AddressesThatCameAfterOursInItsNetworkSurviveItsRemoval) {
  run("ip address del 10.1.1.2/24 dev us0");
  // The kernel's default, under which removing the first address of a network removes the others too.
  run("sh -c 'echo 0 > /proc/sys/net/ipv4/conf/us0/promote_secondaries'");
  run("sh -c 'echo 0 > /proc/sys/net/ipv4/conf/all/promote_secondaries'");
  {
    Life life(records_);
    ASSERT_TRUE(life.claim("us0", "10.1.1.5/24"));
    run("ip address add 10.1.1.2/24 dev us0");
    run("ip address add 10.1.1.3/24 dev us0");
  }
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.3/24"));
}

TEST_F(AddressShellTest, LoopbackNeedsNoQuestion) {
  run("ip link set lo up");
  Life life(records_, ArpTiming{});
  const auto claimed = life.claim("lo", "10.9.9.9/32");
  ASSERT_TRUE(claimed) << claimed.error().message;
  EXPECT_LT(claimed->took, 500ms);
}

TEST_F(AddressShellTest, WhoInsistsOnTheAddressGetsItAndWeSaySo) {
  Life life(records_);
  ASSERT_TRUE(life.claim("us0", "10.1.1.5/24"));
  std::optional<Error> lost;
  const auto wait = [](AddressShell& s, std::optional<Error>& out, boost::asio::io_context& l) -> Task<> {
    out = co_await s.lost();
    l.stop();
  };
  life.group.spawn("lost", wait(life.shell, lost, life.loop));
  // them0 takes the address and announces it twice: the kernel does so when the MAC changes.
  run(in_them("sh -c 'echo 1 > /proc/sys/net/ipv4/conf/them0/arp_notify'"));
  run(in_them("ip address add 10.1.1.5/24 dev them0"));
  const auto announce = [this](int last) {
    run(in_them(fmt::format("ip link set them0 address 02:00:00:00:00:0{}", last)));
  };
  announce(1);
  life.loop.restart();
  life.loop.run_for(200ms);
  EXPECT_FALSE(lost);  // defended once
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.5/24"));
  announce(2);
  life.loop.restart();
  life.loop.run_for(2s);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->code, "address.conflict");
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24"));
}

TEST_F(AddressShellTest, AnAddressThatSomebodyTakesOffIsLostAndCanBeClaimedAgain) {
  Life life(records_);
  ASSERT_TRUE(life.claim("us0", "10.1.1.5/24"));
  std::optional<Error> lost;
  const auto wait = [](AddressShell& s, std::optional<Error>& out, boost::asio::io_context& l) -> Task<> {
    out = co_await s.lost();
    l.stop();
  };
  life.group.spawn("lost", wait(life.shell, lost, life.loop));
  run("ip address add 10.1.1.77/24 dev us0");  // no business of ours
  life.loop.restart();
  life.loop.run_for(100ms);
  EXPECT_FALSE(lost);
  run("ip address flush dev us0");
  run("ip address add 10.1.1.2/24 dev us0");
  life.loop.restart();
  life.loop.run_for(2s);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->code, "address.gone");
  const auto again = life.claim("us0", "10.1.1.5/24");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->way, AddressPlan::Way::claim);
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.5/24"));
}

TEST_F(AddressShellTest, WhoeverIsOnTheLinkWhenItComesUpIsAskedToo) {
  run(in_them("ip link set them0 down"));
  run(in_them("ip address add 10.1.1.5/24 dev them0"));
  Life life(records_);
  ASSERT_TRUE(life.claim("us0", "10.1.1.5/24"));  // without a link nobody objects
  std::optional<Error> lost;
  const auto wait = [](AddressShell& s, std::optional<Error>& out, boost::asio::io_context& l) -> Task<> {
    out = co_await s.lost();
    l.stop();
  };
  life.group.spawn("lost", wait(life.shell, lost, life.loop));
  life.loop.restart();
  life.loop.run_for(100ms);
  EXPECT_FALSE(lost);
  run(in_them("ip link set them0 up"));
  life.loop.restart();
  life.loop.run_for(5s);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->code, "address.conflict");
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24"));
}

namespace {

/// Remembers what it was told, and stops the loop for the test to look.
struct Told final : AddressUser {
  explicit Told(boost::asio::io_context& loop) : loop_(loop) {}
  Task<Result<>> prepare() override {
    ++prepared;
    co_return Result<>{};
  }
  Task<Result<>> on_held(ClaimedAddress claimed) override {
    held = claimed.address.to_string();
    loop_.stop();
    co_return Result<>{};
  }
  void on_missing(const Error& why) override {
    held.clear();
    missing.push_back(why);
    loop_.stop();
  }
  std::string held;
  std::vector<Error> missing;
  int prepared = 0;

 private:
  boost::asio::io_context& loop_;
};

}  // namespace

class AddressKeeperTest : public AddressShellTest {
 protected:
  struct Kept : Life {
    Kept(MemoryRecords& records, const char* interface, Duration retry)
        : Life(records),
          keeper(timers, log, shell, told,
                 {*InterfaceName::parse(interface), *AddressSpec::parse("10.1.1.5/24")}, retry) {
      group.spawn("keeper", [](AddressKeeper& k) -> Task<> { (void)co_await k.keep(); }(keeper));
    }
    ~Kept() {
      group.cancel();
      loop.restart();
      loop.run_for(1s);
    }
    void until_told() {
      loop.restart();
      loop.run_for(5s);
    }
    Told told{loop};
    AddressKeeper keeper;
  };
};

TEST_F(AddressKeeperTest, AConflictIsToldWithTheOtherMacAndTriedAgainUntilItIsOver) {
  run(in_them("ip link set them0 address 02:00:00:00:00:99"));
  run(in_them("ip address add 10.1.1.5/24 dev them0"));
  Kept kept(records_, "us0", 200ms);
  kept.until_told();
  ASSERT_EQ(kept.told.missing.size(), 1U);
  EXPECT_EQ(kept.told.missing[0].code, "address.conflict");
  EXPECT_THAT(kept.told.missing[0].message, HasSubstr("02:00:00:00:00:99"));
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24"));
  kept.until_told();  // still there
  EXPECT_EQ(kept.told.missing.size(), 2U);
  run(in_them("ip address flush dev them0"));
  kept.until_told();
  if (kept.told.held.empty()) kept.until_told();  // the last probe was answered already
  EXPECT_EQ(kept.told.held, "10.1.1.5/24");
  EXPECT_THAT(addresses(), UnorderedElementsAre("10.1.1.2/24", "10.1.1.5/24"));
}

TEST_F(AddressKeeperTest, TriesAgainAtOnceWhenAsked) {
  run(in_them("ip address add 10.1.1.5/24 dev them0"));
  Kept kept(records_, "us0", 1min);
  kept.until_told();
  ASSERT_EQ(kept.told.missing.size(), 1U);
  run(in_them("ip address flush dev them0"));
  kept.keeper.try_again();
  kept.until_told();
  EXPECT_EQ(kept.told.held, "10.1.1.5/24");
}

TEST_F(AddressKeeperTest, AnInterfaceThatAppearsLateIsTakenWhenItDoes) {
  Kept kept(records_, "late0", 1min);
  kept.until_told();
  ASSERT_EQ(kept.told.missing.size(), 1U);
  EXPECT_EQ(kept.told.missing[0].code, "address.interface_missing");
  run("ip link add late0 type veth peer name far0");
  run("ip link set far0 up");
  run("ip link set late0 up");
  for (int i = 0; i < 3 && kept.told.held.empty(); ++i) kept.until_told();
  EXPECT_EQ(kept.told.held, "10.1.1.5/24");
  EXPECT_GE(kept.told.prepared, 2);
}

TEST_F(AddressKeeperTest, AnAddressThatIsTakenOffIsToldAndClaimedAgainAtOnce) {
  Kept kept(records_, "us0", 1min);
  kept.until_told();
  ASSERT_EQ(kept.told.held, "10.1.1.5/24");
  run("ip address del 10.1.1.5/24 dev us0");
  kept.until_told();
  ASSERT_EQ(kept.told.missing.size(), 1U);
  EXPECT_EQ(kept.told.missing[0].code, "address.gone");
  kept.until_told();
  EXPECT_EQ(kept.told.held, "10.1.1.5/24");
}
