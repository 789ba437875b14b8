#pragma once
// A native client, a network in memory, one simulated BMC, virtual time.

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "drivers/ipmi/ipmi_client.hpp"
#include "hw-sim/bmc/bmc_memory.hpp"

namespace colony::testing {

using namespace std::chrono_literals;
namespace ipmi = drivers::ipmi;

inline hw_sim::BmcProfile some_profile() {
  hw_sim::BmcProfile profile;
  profile.username = "ADMIN";
  profile.password = core::Secret("secret");
  profile.system_guid = *core::Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  return profile;
}

inline hw_sim::BmcProfile like_openbmc() {
  auto profile = some_profile();
  EXPECT_TRUE(hw_sim::imitate(profile, "openbmc"));
  return profile;
}

struct IpmiBench {
  explicit IpmiBench(hw_sim::BmcProfile profile = some_profile(), std::string_view password = "secret",
                     std::uint64_t seed = 1)
      : random(seed), model(std::move(profile), chassis, random) {
    address = drivers::BmcEndpoint{*core::Ipv4Address::parse("10.0.0.9"), 623};
    network.add(address, model);
    bmc = client.open(address, {"ADMIN", core::Secret(password)});
  }
  IpmiBench(const IpmiBench&) = delete;
  IpmiBench& operator=(const IpmiBench&) = delete;
  ~IpmiBench() { finish(); }

  /// Closes everything; the client is done after it.
  void finish() {
    if (!bmc) return;
    bmc.reset();
    tasks.spawn("close", client.close());
    timers.run_until([this] { return tasks.size() == 0; }, timers.now() + 1h);
  }

  template <class T>
  static core::Task<> keep(core::Task<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
  }
  /// Runs one call to its end in virtual time.
  template <class T>
  T run(core::Task<T> task) {
    std::optional<T> out;
    tasks.spawn("call", keep(std::move(task), out));
    EXPECT_TRUE(timers.run_until([&] { return out.has_value(); }, timers.now() + 1h));
    return std::move(*out);
  }
  core::BootTime in(core::Duration span) { return timers.now() + span; }

  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::SeededRandom random;
  core::Log log = core::Log::silent();
  hw_sim::PlainChassis chassis;
  hw_sim::BmcModel model;
  hw_sim::MemoryBmcs network{timers};
  drivers::BmcEndpoint address;
  core::TaskGroup tasks{timers};
  ipmi::IpmiClient client{timers, random, log, network, {}};
  std::unique_ptr<drivers::Bmc> bmc;
};

}  // namespace colony::testing
