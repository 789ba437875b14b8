#pragma once
// One wipe order being carried out: looks before it, erases all its disks side by side, tells how far it is.

#include <memory>
#include <vector>

#include "core/async/blocking_pool.hpp"
#include "core/async/task_group.hpp"
#include "core/async/wakeup.hpp"
#include "core/random.hpp"
#include "ramdisk/scout/conversation.hpp"
#include "ramdisk/scout/machine.hpp"

namespace colony::ramdisk {

struct PreparedDisk {
  drivers::scout::Disk disk;
  std::shared_ptr<BlockDevice> device;  // held from before the redemption: the disk cannot be exchanged
};

/// Looks at the machine and opens exactly the ordered disks, or none. Blocks; writes nothing.
[[nodiscard]] core::Result<std::vector<PreparedDisk>> prepare_disks(Machine& machine,
                                                                    const drivers::scout::WipeOrder& order);

/// Result of an order that was not begun: every disk is not-started, for this reason.
[[nodiscard]] drivers::scout::WipeResult not_begun(const drivers::scout::WipeOrder& order,
                                                   std::string_view reason);

/// Shared by the agent and the tasks that erase, because either may be cancelled first.
class WipeRun {
 public:
  WipeRun(core::Timers& timers, core::BlockingPool& pool, Conversation conversation,
          const drivers::scout::WipeOrder& order, std::vector<PreparedDisk> disks);

  /// One task a disk and one that reports progress, at most one message a second and disk.
  static void start(const std::shared_ptr<WipeRun>& self, core::TaskGroup& tasks, core::Random& random);
  /// Every disk has its verdict.
  [[nodiscard]] core::Task<drivers::scout::WipeResult> finished();

 private:
  struct Lane {
    PreparedDisk prepared;
    drivers::scout::Progress progress;
    bool changed = false;  // since it was last reported
    bool running = true;
    core::BootTime told;  // when it was last reported
  };
  static core::Task<> erase_one(std::shared_ptr<WipeRun> self, std::size_t index, std::uint64_t seed);
  static core::Task<> report(std::shared_ptr<WipeRun> self);

  core::Timers& timers_;
  core::BlockingPool& pool_;
  Conversation conversation_;
  std::vector<drivers::scout::WipeMethod> methods_;
  unsigned verify_permille_;
  std::vector<Lane> lanes_;
  drivers::scout::WipeResult result_;
  std::size_t running_ = 0;
  core::Wakeup done_;
};

}  // namespace colony::ramdisk
