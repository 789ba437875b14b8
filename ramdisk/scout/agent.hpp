#pragma once
// scout's side of docs/wire/scout.md: says hello, tells what the machine is made of, asks for orders and
// carries them out, until it is told to power off or reboot. Every message is repeated until it is answered,
// but one: a wipe token is redeemed once, and without a clear yes nothing is written.

#include <memory>
#include <string>

#include "core/async/blocking_pool.hpp"
#include "core/async/task.hpp"
#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "ramdisk/scout/machine.hpp"
#include "ramdisk/scout/transport.hpp"

namespace colony::ramdisk {

/// What the agent works with; all of it outlives run_agent and its tasks.
struct AgentWorld {
  core::Timers& timers;
  core::TaskGroup& tasks;  // takes the erasures; who cancels run_agent cancels this group
  core::BlockingPool& pool;
  core::Random& random;
  const core::Log& log;
  ScoutTransport& transport;
  std::shared_ptr<Machine> machine;
};

struct AgentIdentity {
  std::string scout_version;
  core::MacAddress boot_mac;
};

enum class AgentEnd : std::uint8_t {
  power_off,  // ordered
  reboot,     // ordered
  rejected,   // colonyd does not know this boot's token: touch nothing, wait for a person or a power cycle
};

[[nodiscard]] core::Task<AgentEnd> run_agent(AgentWorld world, AgentIdentity identity);

}  // namespace colony::ramdisk
