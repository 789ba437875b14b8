#pragma once
// What every driver of a Bmc owes to its callers, as one suite. A rig is a driver together with a BMC that it
// drives; each driver's test program lists its rigs.

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "drivers/bmc.hpp"
#include "drivers/ipmi/cipher_suite.hpp"
#include "hw-sim/bmc/bmc_model.hpp"

namespace colony::testing {

/// A driver under real time, with its BMC behind a loopback socket.
class Rig {
 public:
  virtual ~Rig() = default;
  [[nodiscard]] virtual std::unique_ptr<drivers::Bmc> open(drivers::BmcEndpoint endpoint,
                                                           drivers::BmcCredentials credentials) = 0;
  /// After every Bmc is gone.
  virtual void close() = 0;
  /// Of the BMC: where it listens, and its insides where it is our simulator.
  [[nodiscard]] virtual drivers::BmcEndpoint endpoint() const = 0;
  [[nodiscard]] virtual hw_sim::BmcModel* model() = 0;
  [[nodiscard]] virtual unsigned acts() = 0;

  boost::asio::io_context loop{1};
  core::SystemTimers timers{loop};
  core::SystemRandom random;
  core::KernelSockets sockets;
  core::Log log = core::Log::silent();

  template <class T>
  T run(core::Task<T> task) {
    std::optional<T> out;
    core::TaskGroup group(timers);
    const auto keep = [](core::Task<T> inner, std::optional<T>& kept) -> core::Task<> {
      kept.emplace(co_await std::move(inner));
    };
    group.spawn("call", keep(std::move(task), out));
    loop.restart();
    while (group.size() > 0) loop.run_one();
    return std::move(*out);
  }
  void run(core::Task<> task) {
    core::TaskGroup group(timers);
    group.spawn("call", std::move(task));
    loop.restart();
    while (group.size() > 0) loop.run_one();
  }
  core::BootTime in(core::Duration span) { return timers.now() + span; }
};

struct NamedRig {
  std::string name;
  std::function<std::unique_ptr<Rig>()> make;  // nullptr: cannot run here
};

class BmcConformance : public ::testing::TestWithParam<NamedRig> {
 protected:
  void SetUp() override;
  void TearDown() override;
  [[nodiscard]] std::unique_ptr<drivers::Bmc> open(std::string_view password = "secret");

  std::unique_ptr<Rig> rig_;
  std::unique_ptr<drivers::Bmc> bmc_;
};

inline void PrintTo(const NamedRig& rig, std::ostream* out) {
  *out << rig.name;
}
inline std::string rig_name(const ::testing::TestParamInfo<NamedRig>& info) {
  return info.param.name;
}

/// Rigs on the simulated BMC; `like`: with the manners of that firmware (hw_sim::imitate).
[[nodiscard]] std::unique_ptr<Rig> native_rig(drivers::ipmi::CipherSuite suite, std::string_view like = {});
[[nodiscard]] std::unique_ptr<Rig> ipmitool_rig(drivers::ipmi::CipherSuite suite, std::string_view like = {});
/// Rigs on OpenIPMI's ipmi_sim.
[[nodiscard]] std::unique_ptr<Rig> native_on_ipmi_sim();
[[nodiscard]] std::unique_ptr<Rig> ipmitool_on_ipmi_sim();

}  // namespace colony::testing
