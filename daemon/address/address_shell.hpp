#pragma once
// Holds the load-balancer address: sockets and kernel for claim.hpp (RFC 5227) and plan.hpp.
//
// Contract: once claim() was started, give_back() must be awaited before this object dies, also when the
// claim failed or was cancelled. What claim() added is taken off again by give_back(), nothing else is. After
// a claim that failed, and after lost(), it may be claimed again.
//
// From the first claim on, the kernel's notices are heard: an address that somebody takes off the interface
// is lost, and a link that comes up is asked (again) whether the address is free.

#include <cassert>
#include <memory>
#include <optional>
#include <string>

#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/net/interface_watch.hpp"
#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "daemon/address/claim.hpp"
#include "daemon/address/plan.hpp"
#include "daemon/address/records.hpp"
#include "daemon/config/values.hpp"

namespace colony::daemon {

struct AddressWish {
  InterfaceName interface;
  AddressSpec ip;
};

struct ClaimedAddress {
  core::Ipv4Network address;
  std::string interface;
  core::MacAddress mac;
  AddressPlan::Way way = AddressPlan::Way::claim;
  core::Duration took{};
};

/// This boot's id: from the kernel, or, where the unit's sandbox hides /proc/sys, from COLONY_BOOT_ID, which
/// the unit sets. "" where there is neither: then no record counts.
[[nodiscard]] std::string system_boot_id();

class AddressShell {
 public:
  /// Everything given here outlives the shell.
  struct World {
    core::Timers& timers;
    core::Random& random;
    core::Privileged& privileged;
    core::InterfaceAddresses& kernel;
    AddressRecords& records;
    const core::Log& log;
    std::string boot_id;
    ArpTiming timing = {};
  };

  explicit AddressShell(World world);
  AddressShell(const AddressShell&) = delete;
  AddressShell& operator=(const AddressShell&) = delete;
  ~AddressShell();

  /// Returns when the address is on the interface and first announced: at most 7 s, at once when it was
  /// there. Errors: plan_address's, net.*, address.conflict (names the other MAC; nothing was touched).
  [[nodiscard]] core::Task<core::Result<ClaimedAddress>> claim(AddressWish wish);

  /// Ends when the address is ours no more; by then it is off the interface. Errors: address.conflict
  /// (another machine insists on it), address.gone (somebody here took it off).
  [[nodiscard]] core::Task<core::Error> lost();

  /// While it is not held: ends at `deadline`, and before that when something changed on the interface, or by
  /// look_again().
  [[nodiscard]] core::Task<> wait_for_change(InterfaceName interface, core::BootTime deadline);
  void look_again() { changed_.wake(); }

  /// Takes off what claim() added. Safe to call at any time and twice.
  [[nodiscard]] core::Task<> give_back();

 private:
  struct Link;
  struct Watch;

  /// What claim() found to be done; asked only after that.
  [[nodiscard]] const AddressPlan& plan() const {
    assert(plan_);
    return *plan_;
  }
  [[nodiscard]] core::Task<core::Result<>> take_off_leftover(AddressPlan plan);
  [[nodiscard]] core::Task<core::Result<>> put_on(AddressPlan plan);
  [[nodiscard]] core::Task<core::Result<>> run_claim(AddressPlan plan);
  [[nodiscard]] core::Task<core::Result<>> perform(ClaimActions actions);
  [[nodiscard]] core::Task<> defend();
  [[nodiscard]] core::Task<> read_arp();
  [[nodiscard]] core::Task<> stop_listening();
  void start_watch(const InterfaceName& interface);
  [[nodiscard]] core::Task<> watch(std::string interface);
  void on_news(const std::string& interface, const core::InterfaceWatch::News& news);
  [[nodiscard]] bool is_still_there();
  void lose(core::Error why);
  void take_off(unsigned interface_index, const core::Ipv4Network& address);

  World world_;
  std::unique_ptr<Link> link_;  // while listening
  std::optional<AddressPlan> plan_;
  bool held_ = false;
  bool carrier_ = false;    // as last seen
  bool contested_ = false;  // lost to another machine: even an address that is there is asked for first
  bool ours_ = false;       // on the interface because we put it there, in this run or before a crash
  std::optional<core::Error> lost_;
  core::Wakeup lost_wakeup_;
  core::Wakeup changed_;
  core::TaskGroup tasks_;
  std::unique_ptr<Watch> watch_;
  core::TaskGroup watching_;
};

}  // namespace colony::daemon
