// The probe against the kernel: a network namespace of this process, with a neighbour in another one.
#include "daemon/init/address_probe.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace colony::core;
using namespace colony::daemon;
using namespace std::chrono_literals;

namespace {

constexpr ArpTiming quick{.probe_wait = 0ms, .probe_min = 20ms, .probe_max = 30ms, .announce_wait = 100ms};

void run(const std::string& command) {
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

class AddressProbeTest : public ::testing::Test {
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
    run(fmt::format("nsenter -t {0} -n ip link set them0 address 02:00:00:00:00:99 up", them_));
    run(fmt::format("nsenter -t {0} -n ip address add 10.1.1.9/24 dev them0", them_));
  }
  void TearDown() override {
    if (them_ <= 0) return;
    ::kill(them_, SIGKILL);
    ::waitpid(them_, nullptr, 0);
  }
  static InterfaceState us() {
    const auto states = KernelAddresses().interfaces();
    if (!states) return {};
    const auto found = std::ranges::find(*states, "us0", &InterfaceState::name);
    return found == states->end() ? InterfaceState{} : *found;
  }
  pid_t them_ = -1;
};

}  // namespace

TEST_F(AddressProbeTest, NamesTheMachineThatHasTheAddress) {
  SystemAddressProbe probe(quick);
  const auto taken = probe.ask(us(), *Ipv4Address::parse("10.1.1.9"));
  ASSERT_TRUE(taken) << taken.error().message;
  ASSERT_TRUE(taken->other);
  EXPECT_EQ(taken->other->to_string(), "02:00:00:00:00:99");
}

TEST_F(AddressProbeTest, SilenceMeansFree) {
  SystemAddressProbe probe(quick);
  const auto free = probe.ask(us(), *Ipv4Address::parse("10.1.1.5"));
  ASSERT_TRUE(free) << free.error().message;
  EXPECT_FALSE(free->other);
  EXPECT_EQ(free->not_asked, "");
}

TEST_F(AddressProbeTest, WithoutALinkNobodyIsAsked) {
  run(fmt::format("nsenter -t {} -n ip link set them0 down", them_));
  SystemAddressProbe probe(quick);
  const auto asked = probe.ask(us(), *Ipv4Address::parse("10.1.1.9"));
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->not_asked, "us0 has no link");
}
