#pragma once
// What can be asked of the appliance, and what can be seen of it: the one door to workflows for the local
// API, the command line and the hosted link.
//
// Orders are durable before they are answered and idempotent by `operation_id`: the same id gives the same
// workflow again (Submitted::repeated). An order for a busy asset queues behind the work in hand. Every
// refusal is an Error with a stable code (docs/common-errors.md) and a reason that says what would be
// accepted. An `AssetRef` is anything that names one asset: id, name, serial, MAC, BMC address, hosted alias.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/evidence/evidence.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "drivers/bmc.hpp"
#include "drivers/bmc_audit_values.hpp"
#include "drivers/scout/messages.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::workflows {

using AssetRef = std::string;

// ---- What is asked ----

/// A BMC handed over by an operator. Its credentials are tried before anything is stored.
struct BmcEnrolment {
  core::Ipv4Address address;
  std::uint16_t port = 623;
  std::string driver;  // "native" or "ipmitool"; empty = the site's
  std::string username;
  core::Secret password;
  std::string name;            // for people; empty = made from the serial or the address
  bool auto_discover = false;  // when it has no inventory: open the discovery window, power it into scout
};

struct DiscoverOrder {
  AssetRef asset;
  std::string operation_id;  // empty for orders that nobody repeats
};

struct ProvisionOrder {
  AssetRef asset;
  core::Secret machine_config;  // whole Talos machine config; only its hash leaves the sealed store
  std::string disk;  // WWN, serial or rule (choice/disk_choice.hpp); empty = as the machine config says
  std::vector<std::string> kernel_arguments;  // in addition to the mandatory ones
  std::string operation_id;
  std::string disk_device = {};        // kernel name when last seen, for orders that can only say it so
  std::vector<std::string> nics = {};  // MAC or rule each (choice/nic_choice.hpp), for the config's marks
};

struct WipeRequest {
  AssetRef asset;
  std::vector<std::string> disks;  // WWN, serial or rule each; empty = every disk that is not removable
  std::optional<drivers::scout::WipeLevel> minimum;  // default: the site's
  std::string operation_id;
  bool only_while_idle = false;  // judged so by who passed it on: refused when it is not, as it is placed
};

enum class PowerOrderAction : std::uint8_t { on, off, cycle };
struct PowerOrder {
  AssetRef asset;
  PowerOrderAction action = PowerOrderAction::on;
  std::string operation_id;
};

/// Off, one-time boot device, on.
struct RebootOrder {
  AssetRef asset;
  std::optional<drivers::BootDevice> device;      // absent = as the firmware is set
  std::optional<drivers::BootFirmware> firmware;  // absent = as last seen
  std::string operation_id;
};

/// Another password for the account with which we use the BMC (recipes/bmc_rotate.cpp).
struct RotateOrder {
  AssetRef asset;
  std::string operation_id;
};

struct Submitted {
  core::WorkflowId workflow;
  core::AssetId asset;
  bool repeated = false;  // this operation_id was known: nothing new was started
  unsigned queued_behind = 0;
};

/// Break-glass: what opens a BMC.
struct BmcLogin {
  core::AssetId asset;
  std::string asset_name;
  core::Ipv4Address address;
  std::uint16_t port = 623;
  std::string username;
  core::Secret password;
  core::Secret next_password;  // while a change is in doubt: the BMC has one of the two; else empty
};

struct Enrolled {
  core::AssetId asset;
  std::string name;
  bool updated = false;  // the BMC was known: its credentials were replaced
  drivers::BmcIdentity identity;
  // When auto_discover was asked for, of a machine that has no inventory yet.
  std::optional<Submitted> discovery;
  std::optional<core::UtcTime> window_until;  // of the discovery window, which lets unknown machines in
  std::optional<drivers::BmcAudit> audit;     // where the driver can look
};

/// Exactly which disks a wipe would erase, for the operator's confirmation.
struct WipePlan {
  core::AssetId asset;
  std::string asset_name;
  std::vector<drivers::scout::Disk> disks;
  std::vector<std::string> names;  // of `disks`: the texts by which an order means these and no others
  std::vector<drivers::scout::Disk> left_alone;  // what was not named; else what cannot be erased
  drivers::scout::WipeLevel minimum = drivers::scout::WipeLevel::clear;
  std::vector<drivers::scout::WipeMethod> methods;
  std::vector<std::string> limits;  // what it will not reach, in words
};

/// Where a node would be installed, and what its config would name, for the operator's confirmation.
struct ProvisionPlan {
  core::AssetId asset;
  std::string asset_name;
  std::optional<drivers::scout::Disk> disk;  // absent: the one that the machine config names
  std::string disk_name;                     // by which an order means this one and no other
  std::vector<drivers::scout::Nic> nics;     // that the machine config is to name, in the order's order
};

// ---- What is seen ----

/// An asset as people see it. Passwords never leave the store.
struct AssetView {
  core::AssetId id;
  std::string name;
  std::vector<std::string> aliases;  // ids the hosted side uses for it
  AssetStatus status = AssetStatus::discovering;
  AssetCondition condition = AssetCondition::normal;
  std::string condition_reason;
  bool accepted = false;
  bool wiped_by_us = false;
  std::optional<core::PowerState> power;  // last seen
  struct Bmc {
    core::Ipv4Address address;
    std::uint16_t port = 623;
    std::string driver, username, firmware, product;
    drivers::BmcPassport passport;
    std::optional<drivers::BmcQuiet> quiet;   // it does not answer and is left alone
    std::optional<drivers::BmcAudit> audit;   // what the last one found
    std::string boot_rung;                    // "once/legacy": what its model honours, once learnt
    std::optional<core::Duration> self_test;  // what its machine takes from power on to its first request
  };
  std::optional<Bmc> bmc;
  std::optional<drivers::scout::Inventory> inventory;  // scout's last
  std::string serial;                                  // the best one known: system, board, chassis, FRU
  std::vector<core::MacAddress> macs;
  std::vector<std::pair<std::string, std::string>> local_disk_by;  // firmware, way: what was seen to work
  std::optional<core::WorkflowId> workflow;                        // the one in hand
  unsigned queued = 0;                                             // orders waiting behind it
  core::UtcTime created_at, updated_at;
};

/// Nobody uses it. What is in hand or queued may make it one that is in use before its turn comes.
[[nodiscard]] inline bool is_idle(const AssetView& asset) {
  const bool is_free = asset.status == AssetStatus::discovering || asset.status == AssetStatus::available;
  return is_free && !asset.workflow && asset.queued == 0;
}

struct DiskProgress {
  std::string disk;
  std::string phase;
  unsigned percent = 0;
};

struct WorkflowView {
  core::WorkflowId id;
  std::string type;  // "discovery", "cluster-provision", "disk-wipe", "power", "reboot", "bmc-rotate"
  core::AssetId asset;
  std::string asset_name;
  WorkflowStatus status = WorkflowStatus::pending;
  std::string step;          // empty while pending
  unsigned step_number = 0;  // from 1; 0 while pending
  unsigned step_count = 0;   // 0 when the recipe is unknown to this program
  unsigned percent = 0;      // of the whole workflow; 100 when completed
  unsigned tries = 0;        // of the current step
  std::string waits_for;     // in words
  bool held = false;         // not re-run: see error_code
  std::string error_code, error_message;
  std::string operation_id;
  core::UtcTime created_at, updated_at, step_started_at;
  std::optional<core::UtcTime> step_ends_by;         // its deadline
  std::vector<DiskProgress> progress;                // live, never journaled
  std::optional<drivers::scout::Disk> install_disk;  // that a provision order was resolved to
  std::vector<drivers::scout::Nic> install_nics;
};

struct TimelineEntry {
  core::Evidence evidence;
  std::optional<core::WorkflowId> workflow;
  std::string text;  // one line for people
};

/// The answer to "why does nothing happen?"
struct BootStageSeen {
  std::string stage;  // "DHCP (iPXE)", "kernel", ...
  core::UtcTime at;
};

struct Why {
  AssetView asset;
  std::optional<WorkflowView> workflow;
  std::string waits_for;                     // "the machine to ask for a boot program"
  core::UtcTime since;                       // of the step, or of the asset's last change
  std::optional<core::Duration> usual;       // how long that usually takes
  std::optional<core::UtcTime> gives_up_at;  // when the step's time is over
  std::vector<TimelineEntry> evidence;       // of this step, oldest first
  std::vector<BootStageSeen> boot;           // how far its newest boot came
  std::vector<std::string> advice;           // what to do, most useful first
};

struct StatusView {
  bool ready = false;
  core::Epoch epoch;
  std::optional<core::UtcTime> discovery_window_until;
  struct AssetCounts {
    unsigned discovering = 0, available = 0, provisioning = 0, provisioned = 0, deprovisioning = 0;
    unsigned quarantined = 0, indeterminate = 0, unreachable = 0;
  } assets;
  struct WorkflowCounts {
    unsigned pending = 0, running = 0, held = 0;
  } workflows;
  unsigned wipes_left_this_hour = 0;
  std::vector<std::string> findings;  // machines that were refused, assets that contradict each other
  core::EventSeq last_event;
  std::optional<core::Error> store_failure;  // set once, never cleared: the daemon must stop
  std::optional<core::Error> store_full;     // boots are served, orders refused, work in hand waits
};

class Orders {
 public:
  virtual ~Orders() = default;

  // Changes: answered when they are durable.
  [[nodiscard]] virtual core::Task<core::Result<Enrolled>> enrol_bmc(BmcEnrolment enrolment) = 0;
  /// Says that this machine is ours: from `discovering` to `available` once it has an inventory.
  [[nodiscard]] virtual core::Task<core::Result<AssetView>> accept(AssetRef asset) = 0;
  /// Zero closes the window. At most 24 h.
  [[nodiscard]] virtual core::Task<core::Result<core::UtcTime>> open_discovery_window(
      core::Duration duration) = 0;
  [[nodiscard]] virtual core::Task<core::Result<Submitted>> discover(DiscoverOrder order) = 0;
  [[nodiscard]] virtual core::Task<core::Result<Submitted>> provision(ProvisionOrder order) = 0;
  [[nodiscard]] virtual core::Task<core::Result<Submitted>> wipe(WipeRequest request) = 0;
  [[nodiscard]] virtual core::Task<core::Result<Submitted>> power(PowerOrder order) = 0;
  [[nodiscard]] virtual core::Task<core::Result<Submitted>> reboot(RebootOrder order) = 0;
  [[nodiscard]] virtual core::Task<core::Result<Submitted>> rotate_bmc_password(RotateOrder order) = 0;
  /// For a person who has to get into the BMC without us. That it was shown, and to whom, is durable, and an
  /// event, before this returns.
  [[nodiscard]] virtual core::Task<core::Result<BmcLogin>> show_bmc_login(AssetRef asset,
                                                                          std::string to_whom) = 0;
  /// Ends a pending or running workflow at its next safe point. A redeemed wipe is not cut off.
  [[nodiscard]] virtual core::Task<core::Result<>> cancel(core::WorkflowId workflow) = 0;
  /// The hosted side's id for an asset; accepted as an AssetRef from then on.
  [[nodiscard]] virtual core::Task<core::Result<>> set_alias(core::AssetId asset, std::string alias) = 0;

  // Looks.
  [[nodiscard]] virtual core::Result<WipePlan> plan_wipe(const WipeRequest& request) const = 0;
  /// Only asset, disk and NICs of the order are looked at.
  [[nodiscard]] virtual core::Result<ProvisionPlan> plan_provision(const ProvisionOrder& order) const = 0;
  [[nodiscard]] virtual std::vector<AssetView> assets() const = 0;
  [[nodiscard]] virtual core::Result<AssetView> asset(const AssetRef& asset) const = 0;
  /// Asks the BMC now.
  [[nodiscard]] virtual core::Task<core::Result<core::PowerState>> power_state(AssetRef asset) = 0;
  /// Unfinished and just finished ones first, then older ones from the journal, newest first.
  [[nodiscard]] virtual core::Task<core::Result<std::vector<WorkflowView>>> workflows(
      std::optional<core::AssetId> asset, unsigned limit) = 0;
  [[nodiscard]] virtual core::Task<core::Result<WorkflowView>> workflow(core::WorkflowId id) = 0;
  /// The newest state of unfinished and just-finished workflows, from memory: for the hosted snapshot.
  [[nodiscard]] virtual std::vector<WorkflowView> recent_workflows() const = 0;
  /// Oldest first, at most `limit` of the newest.
  [[nodiscard]] virtual core::Task<core::Result<std::vector<TimelineEntry>>> timeline(core::AssetId asset,
                                                                                      unsigned limit) = 0;
  [[nodiscard]] virtual core::Result<Why> why(const AssetRef& asset) const = 0;
  [[nodiscard]] virtual core::Task<core::Result<std::vector<WipeRecordRow>>> wipe_records(
      std::optional<core::AssetId> asset, unsigned limit) = 0;
  /// The outbox, oldest first. Empty when nothing is newer than `after`.
  [[nodiscard]] virtual core::Task<core::Result<std::vector<StoredEvent>>> events(core::EventSeq after,
                                                                                  unsigned limit) = 0;
  /// True when something newer than `after` is durable, false when the deadline passed.
  [[nodiscard]] virtual core::Task<bool> wait_for_event(core::EventSeq after, core::BootTime deadline) = 0;
  [[nodiscard]] virtual StatusView status() const = 0;
};

}  // namespace colony::workflows
