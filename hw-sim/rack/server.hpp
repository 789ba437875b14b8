#pragma once
// One simulated server: what its BMC switches, its firmware's boot order, what it boots, its disks. Pure:
// calls and time in, actions out of take(). The BMC drives it through Chassis; the shells (rack_runner,
// tests) carry out the actions and call back with what came of them.

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hw-sim/bmc/chassis.hpp"
#include "hw-sim/disk/sim_disk.hpp"
#include "hw-sim/faults/fault_plan.hpp"
#include "hw-sim/firmware/network_boot.hpp"
#include "hw-sim/rack/server_profile.hpp"
#include "hw-sim/talos/talos_node.hpp"

namespace colony::hw_sim {

namespace action {
struct StartScout {  // run ramdisk's scout on this server; its end comes back as on_scout_ended
  std::string command_line;
};
struct Halt {};  // power or reset: every fetch, socket, held address and scout of this server is gone
}  // namespace action

using ServerAction = std::variant<action::SendFrame, action::SendUdp, action::CloseUdp, action::HoldAddress,
                                  action::Fetch, action::StartScout, action::Halt>;

enum class ScoutEnd : std::uint8_t { power_off, reboot, rejected, failed };

/// What runs on the machine now.
enum class ServerStage : std::uint8_t {
  off,
  post,
  network_boot,
  pausing,
  starting,
  scout,
  talos_fetching,
  talos_installing,
  os,
  stuck
};
std::string_view name(ServerStage stage);

struct ServerCounters {
  std::uint64_t power_ons = 0, power_offs = 0, resets = 0;
  std::uint64_t network_boots = 0, disk_boots = 0, scout_boots = 0, talos_boots = 0;
  std::uint64_t installs = 0;
};

struct ConfigFetch {
  std::uint64_t bytes = 0;
  core::Sha256Digest digest;
  std::string verdict;  // empty: complete and installed
};

class Server final : public Chassis {
 public:
  Server(ServerProfile profile, ServerTimings timings, FaultPlan faults, core::Random& random);

  // The BMC's side. Effects show in take().
  [[nodiscard]] core::PowerState power() const override { return power_; }
  void act(drivers::PowerAction action) override;
  [[nodiscard]] drivers::BootDeviceSetting boot_device() const override { return boot_device_; }
  void set_boot_device(const drivers::BootDeviceSetting& setting) override { boot_device_ = setting; }

  [[nodiscard]] SerialPort* serial() override { return &serial_; }
  [[nodiscard]] std::vector<ChassisEvent> take_events() override { return std::exchange(events_, {}); }

  /// The clock, for calls that have none of their own (Chassis). Set before each.
  void set_now(core::BootTime now) { now_ = now; }

  // The shell's side. `boot` is boot_number() at the time the matching action was taken: what belongs to an
  // earlier boot is ignored.
  void on_dhcp(const DhcpReply& reply, core::BootTime now);
  void on_datagram(std::uint64_t boot, UdpUse use, core::Ipv4Address from, std::uint16_t port,
                   core::ByteView datagram, core::BootTime now);
  void on_fetched(std::uint64_t boot, FetchId id, const FetchResult& result, core::BootTime now);
  void on_scout_ended(std::uint64_t boot, ScoutEnd end, core::BootTime now);
  void on_deadline(core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> deadline() const;
  [[nodiscard]] std::vector<ServerAction> take() { return std::exchange(actions_, {}); }

  [[nodiscard]] const ServerProfile& profile() const { return profile_; }
  [[nodiscard]] ServerStage stage() const { return stage_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  [[nodiscard]] std::uint64_t boot_number() const { return boot_; }
  [[nodiscard]] const ServerCounters& counters() const { return counters_; }
  [[nodiscard]] const std::vector<ConfigFetch>& configs() const { return configs_; }
  /// The newest network boots, oldest first, bounded; the running one is last.
  [[nodiscard]] std::vector<BootRecord> boots() const;
  [[nodiscard]] const std::vector<std::shared_ptr<SimDisk>>& disks() const { return disks_; }
  /// "nvme0n1", "sda": in the order of the profile.
  [[nodiscard]] const std::vector<std::string>& disk_names() const { return disk_names_; }
  [[nodiscard]] FaultPlan& faults() { return faults_; }
  [[nodiscard]] std::uint64_t faults_struck() const { return faults_.struck(); }

 private:
  enum class BootSource : std::uint8_t { order, network, disk, setup };

  /// A line of its serial console.
  void print(std::string_view line);
  /// What its hardware tells the BMC: a sensor-specific event of table 42-3.
  void report(std::uint8_t sensor_type, std::uint8_t sensor, std::uint8_t offset);
  void begin_post();
  void after_post();
  [[nodiscard]] BootSource take_boot_source();
  void begin_network_boot();
  void network(NetworkBootActions actions);
  void after_network_boot(const Handover& handover);
  void boot_disk_or_pause(std::string reason);
  void begin_disk_boot(const InstalledMarker& marker);
  void start_kernel();
  void begin_talos();
  void fetch_config();
  void on_config(const FetchResult& result);
  void install(const TalosInstall& install);
  void begin_os_network();
  void send_os_dhcp(const DhcpClient& client, const std::vector<DhcpSend>& sends);
  void halt();
  void switch_off();
  void reboot();
  void get_stuck(std::string reason);
  [[nodiscard]] std::optional<InstalledMarker> bootable() const;

  ServerProfile profile_;
  ServerTimings timings_;
  FaultPlan faults_;
  core::Random& random_;
  SerialPort serial_;
  std::vector<ChassisEvent> events_;
  std::vector<std::shared_ptr<SimDisk>> disks_;
  std::vector<std::string> disk_names_;

  core::PowerState power_ = core::PowerState::off;
  drivers::BootDeviceSetting boot_device_;
  ServerStage stage_ = ServerStage::off;
  std::string detail_;
  core::BootTime now_{};
  std::optional<core::BootTime> deadline_;  // of the stage itself
  bool switch_off_at_deadline_ = false;
  std::uint64_t boot_ = 0;

  std::optional<NetworkBoot> network_;
  std::string command_line_;
  std::optional<DhcpClient> os_dhcp_;
  std::optional<TalosArguments> talos_;
  std::optional<TalosInstall> install_;
  core::Duration talos_wait_{};
  std::uint64_t next_fetch_ = 1;
  std::optional<FetchId> config_fetch_;

  std::vector<ServerAction> actions_;
  std::vector<BootRecord> records_;
  std::vector<ConfigFetch> configs_;
  ServerCounters counters_;
};

}  // namespace colony::hw_sim
