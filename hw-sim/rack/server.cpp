#include "hw-sim/rack/server.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace colony::hw_sim {

namespace {

constexpr std::size_t max_records = 32;
constexpr std::size_t max_config_bytes = 1 << 20;
constexpr std::size_t max_events = 32;  // that nobody took
constexpr core::Duration max_talos_wait = std::chrono::seconds(30);

std::vector<std::string> kernel_names(const std::vector<DiskModel>& disks) {
  std::vector<std::string> names;
  unsigned nvme = 0;
  unsigned others = 0;
  for (const DiskModel& disk : disks) {
    if (disk.transport == "nvme") {
      names.push_back(fmt::format("nvme{}n1", nvme++));
    } else {
      const char letter = static_cast<char>('a' + others++ % 26);
      names.push_back(fmt::format("{}{}", disk.transport == "virtio" ? "vd" : "sd", letter));
    }
  }
  return names;
}

core::Duration divided(core::Duration real, double speed) {
  return core::Duration(static_cast<core::Duration::rep>(static_cast<double>(real.count()) / speed));
}

}  // namespace

std::string_view name(ServerStage stage) {
  switch (stage) {
    case ServerStage::off: return "off";
    case ServerStage::post: return "post";
    case ServerStage::network_boot: return "network-boot";
    case ServerStage::pausing: return "pausing";
    case ServerStage::starting: return "starting";
    case ServerStage::scout: return "scout";
    case ServerStage::talos_fetching: return "talos-fetching";
    case ServerStage::talos_installing: return "talos-installing";
    case ServerStage::os: return "os";
    case ServerStage::stuck: return "stuck";
  }
  return "?";
}

ServerTimings ServerTimings::at_speed(double speed) {
  using namespace std::chrono_literals;
  ServerTimings out;
  out.post = divided(4s, speed);
  out.network.settle = divided(2s, speed);
  // On the wire nothing gets faster: a server may be busy, and a proxy's offer may come long after the
  // address.
  out.network.dhcp = {1s, 4, 4s};
  out.network.tftp = {1s, 6};
  out.network.script_sleep_factor = std::min(1.0, 10.0 / speed);
  out.pause = divided(40s, speed);
  out.os_start = divided(2s, speed);
  out.talos_retry = divided(10s, speed);
  out.shutdown = divided(2s, speed);
  return out;
}

Server::Server(ServerProfile profile, ServerTimings timings, FaultPlan faults, core::Random& random)
    : profile_(std::move(profile)),
      timings_(timings),
      faults_(std::move(faults)),
      random_(random),
      disk_names_(kernel_names(profile_.disks)) {
  for (const DiskModel& disk : profile_.disks) disks_.push_back(std::make_shared<SimDisk>(disk));
}

void Server::act(drivers::PowerAction action) {
  using drivers::PowerAction;
  switch (action) {
    case PowerAction::off: switch_off(); break;
    case PowerAction::soft_off: {
      const bool os = stage_ == ServerStage::os || stage_ == ServerStage::scout;
      if (!os) {
        switch_off();
      } else {
        switch_off_at_deadline_ = true;
        deadline_ = now_ + timings_.shutdown;
      }
      break;
    }
    case PowerAction::on:
      if (power_ == core::PowerState::on) break;
      power_ = core::PowerState::on;
      ++counters_.power_ons;
      begin_post();
      break;
    case PowerAction::cycle:
    case PowerAction::reset:
      if (power_ == core::PowerState::off) break;
      ++counters_.resets;
      reboot();
      break;
  }
}

void Server::switch_off() {
  if (power_ == core::PowerState::off) return;
  power_ = core::PowerState::off;
  ++counters_.power_offs;
  halt();
  stage_ = ServerStage::off;
}

void Server::reboot() {
  halt();
  begin_post();
}

/// Nothing of the old boot survives, but its record.
void Server::halt() {
  if (network_) {
    records_.push_back(network_->record());
    if (records_.size() > max_records) records_.erase(records_.begin());
  }
  network_.reset();
  os_dhcp_.reset();
  talos_.reset();
  install_.reset();
  config_fetch_.reset();
  command_line_.clear();
  deadline_.reset();
  switch_off_at_deadline_ = false;
  detail_.clear();
  ++boot_;
  actions_.clear();
  actions_.emplace_back(action::Halt{});
}

void Server::print(std::string_view line) {
  serial_.print(fmt::format("{}\r\n", line));
}

void Server::report(std::uint8_t sensor_type, std::uint8_t sensor, std::uint8_t offset) {
  if (events_.size() >= max_events) return;
  events_.push_back({.sensor_type = sensor_type, .sensor = sensor, .offset = offset, .at = now_});
}

void Server::begin_post() {
  print(fmt::format("{} {}: power-on self test", profile_.manufacturer, profile_.product));
  ++boot_;
  stage_ = ServerStage::post;
  deadline_ = now_ + timings_.post;
  if (faults_.strike(FaultPoint::hardware_power_supply)) report(0x08, 0x05, 0x03);  // AC lost
  if (faults_.strike(FaultPoint::hardware_memory)) report(0x0c, 0x83, 0x00);        // correctable ECC
  if (const auto fault = faults_.strike(FaultPoint::firmware_post)) {
    if (fault->kind == FaultKind::late) {
      *deadline_ += fault->delay;
    } else {
      report(0x07, 0x84, 0x03);  // FRB2/Hang in POST failure
      get_stuck("power-on self test failed");
    }
  }
}

Server::BootSource Server::take_boot_source() {
  const drivers::BootDeviceSetting setting = boot_device_;
  // IPMI 2.0 section 28.13: a setting for one boot is gone with that boot.
  if (setting.persistence == drivers::BootPersistence::once) boot_device_ = {};
  if (setting.device == drivers::BootDevice::none) return BootSource::order;
  if (faults_.strike(FaultPoint::firmware_boot_order)) return BootSource::order;
  const bool efi = profile_.firmware != FirmwareKind::bios;
  if (profile_.wants_efi_bit && efi && setting.firmware != drivers::BootFirmware::efi)
    return BootSource::order;
  switch (setting.device) {
    case drivers::BootDevice::pxe: return BootSource::network;
    case drivers::BootDevice::disk: return BootSource::disk;
    case drivers::BootDevice::bios_setup: return BootSource::setup;
    case drivers::BootDevice::none:
    case drivers::BootDevice::cdrom: return BootSource::order;  // there is no CD in the drive
  }
  return BootSource::order;
}

void Server::after_post() {
  const auto marker = bootable();
  bool network = !marker;
  switch (take_boot_source()) {
    case BootSource::network: network = true; break;
    case BootSource::setup: get_stuck("in the firmware's setup"); return;
    case BootSource::disk: break;
    case BootSource::order: network = network || profile_.network_first; break;
  }
  if (!network) {
    begin_disk_boot(*marker);
  } else {
    begin_network_boot();
  }
}

std::optional<InstalledMarker> Server::bootable() const {
  for (const auto& disk : disks_) {
    if (auto marker = read_marker(*disk)) return marker;
  }
  return std::nullopt;
}

void Server::begin_network_boot() {
  ++counters_.network_boots;
  print(fmt::format("Booting from network, {}", profile_.mac.to_string()));
  stage_ = ServerStage::network_boot;
  deadline_.reset();
  const BootNic nic{profile_.firmware, profile_.mac,          profile_.smbios_uuid,
                    profile_.serial,   profile_.manufacturer, profile_.product};
  network_.emplace(nic, timings_.network, random_);
  network(network_->start(now_));
}

void Server::network(NetworkBootActions actions) {
  for (auto& action : actions) {
    std::visit([this](auto& a) { actions_.emplace_back(std::move(a)); }, action);
  }
  if (!network_) return;
  if (const auto handover = network_->handover()) after_network_boot(*handover);
}

void Server::after_network_boot(const Handover& handover) {
  if (const auto* kernel = std::get_if<handover::Kernel>(&handover)) {
    command_line_ = kernel->boot.command_line;
    print("Linux version 6.1.0 (hw-sim)");
    print(fmt::format("Command line: {}", command_line_));
    stage_ = ServerStage::starting;
    deadline_ = now_ + timings_.os_start;
  } else if (const auto* next = std::get_if<handover::NextDevice>(&handover)) {
    boot_disk_or_pause(next->reason);
  } else if (std::holds_alternative<handover::LocalDisk>(handover)) {
    boot_disk_or_pause("sanboot");
  } else if (std::holds_alternative<handover::Reboot>(handover)) {
    reboot();
  } else if (std::holds_alternative<handover::PowerOff>(handover)) {
    switch_off();
  } else {
    get_stuck(std::get<handover::Stuck>(handover).reason);
  }
}

/// The firmware goes on in its boot order: the disk, and when that is not bootable, all over again.
void Server::boot_disk_or_pause(std::string reason) {
  if (const auto marker = bootable()) {
    begin_disk_boot(*marker);
    return;
  }
  print(fmt::format("No bootable device: {}", reason));
  report(0x1e, 0x85, network_ ? 0x02 : 0x00);  // PXE server not found, no bootable media
  stage_ = ServerStage::pausing;
  detail_ = std::move(reason);
  deadline_ = now_ + timings_.pause;
}

void Server::begin_disk_boot(const InstalledMarker& marker) {
  ++counters_.disk_boots;
  print(fmt::format("Booting from disk: {}", marker.system));
  stage_ = ServerStage::os;
  detail_ = marker.system;
  deadline_.reset();
  begin_os_network();
}

void Server::begin_os_network() {
  const DhcpIdentity identity{profile_.firmware, DhcpSpeaker::os, profile_.mac, profile_.smbios_uuid,
                              profile_.name};
  os_dhcp_.emplace(identity, Xid{random_.u32()}, timings_.network.dhcp);
  send_os_dhcp(*os_dhcp_, os_dhcp_->start(now_));
}

void Server::send_os_dhcp(const DhcpClient& client, const std::vector<DhcpSend>& sends) {
  for (const DhcpSend& send : sends) {
    const core::Bytes payload = encode_dhcp(client.identity(), send.fields);
    actions_.emplace_back(action::SendFrame{encode_dhcp_frame(profile_.mac, payload)});
  }
}

void Server::start_kernel() {
  deadline_.reset();
  const std::string line = " " + command_line_ + " ";
  if (line.find(" talos.platform=") != std::string::npos) {
    begin_talos();
  } else if (line.find(" colony.token=") != std::string::npos) {
    ++counters_.scout_boots;
    stage_ = ServerStage::scout;
    actions_.emplace_back(action::StartScout{command_line_});
  } else {
    get_stuck("a kernel that is neither scout nor Talos");
  }
}

void Server::begin_talos() {
  ++counters_.talos_boots;
  // A node that is installed already runs what is on its disk, from whichever kernel (Talos reads STATE
  // first).
  if (const auto marker = bootable(); marker && marker->system == "talos") {
    begin_disk_boot(*marker);
    return;
  }
  auto arguments = parse_talos_arguments(command_line_);
  if (!arguments) {
    detail_ = arguments.error().message;
    stage_ = ServerStage::pausing;  // machined aborts and reboots, in a loop
    deadline_ = now_ + timings_.pause;
    return;
  }
  talos_ = std::move(*arguments);
  talos_wait_ = timings_.talos_retry;
  fetch_config();
}

void Server::fetch_config() {
  assert(talos_);  // start_kernel's
  stage_ = ServerStage::talos_fetching;
  deadline_.reset();
  const FetchId id{next_fetch_++};
  config_fetch_ = id;
  actions_.emplace_back(action::Fetch{id, talos_->config_url, max_config_bytes});
}

void Server::on_config(const FetchResult& result) {
  config_fetch_.reset();
  std::string verdict = result.problem;
  if (verdict.empty() && result.status != 200) verdict = fmt::format("HTTP {}", result.status);
  if (verdict.empty()) {
    auto parsed = parse_talos_config(result.body);
    if (parsed) {
      install_ = std::move(*parsed);
    } else {
      verdict = parsed.error().message;
    }
  }
  if (configs_.size() < 100) configs_.push_back({result.bytes, result.digest, verdict});
  if (verdict.empty()) {
    stage_ = ServerStage::talos_installing;
    deadline_ = now_ + timings_.os_start;
    return;
  }
  // download.go: any answer but a good 200 is asked for again, with a back-off; so is an invalid config.
  detail_ = verdict;
  deadline_ = now_ + talos_wait_;
  talos_wait_ = std::min(talos_wait_ * 2, max_talos_wait);
}

void Server::install(const TalosInstall& wanted) {
  std::vector<const DiskModel*> models;
  models.reserve(disks_.size());
  for (const auto& disk : disks_) models.push_back(&disk->model());
  const auto chosen = choose_disk(wanted, models, disk_names_);
  const auto fault = faults_.strike(FaultPoint::talos_install);
  if (!chosen || (fault && fault->kind == FaultKind::refuse)) {
    if (!configs_.empty()) configs_.back().verdict = chosen ? "install failed" : "no disk matches";
    detail_ = "install failed";
    stage_ = ServerStage::pausing;
    deadline_ = now_ + timings_.pause;
    return;
  }
  if (!fault) {
    SimDisk& disk = *disks_[*chosen];
    // A system is more than its boot sector: something in the middle that an erasure has to reach.
    core::Bytes body(64 << 10, core::Byte{0xc5});
    const std::uint64_t middle =
        disk.size_bytes() / 2 / disk.logical_block_bytes() * disk.logical_block_bytes();
    auto wrote = disk.write(
        middle, core::ByteView(body).first(std::min<std::size_t>(body.size(), disk.size_bytes() - middle)));
    if (wrote) wrote = write_marker(disk, {"talos", wanted.config.to_string()});
    if (!wrote) {
      get_stuck("install: " + wrote.error().message);
      return;
    }
    ++counters_.installs;
  }
  reboot();
}

void Server::on_dhcp(const DhcpReply& reply, core::BootTime now) {
  now_ = now;
  if (network_ && stage_ == ServerStage::network_boot) network(network_->on_dhcp(reply, now));
  if (!os_dhcp_) return;
  send_os_dhcp(*os_dhcp_, os_dhcp_->on_reply(reply, now));
  if (os_dhcp_->outcome()) {
    if (const auto address = os_dhcp_->address()) actions_.emplace_back(action::HoldAddress{*address});
    os_dhcp_.reset();
  }
}

void Server::on_datagram(std::uint64_t boot, UdpUse use, core::Ipv4Address from, std::uint16_t port,
                         core::ByteView datagram, core::BootTime now) {
  now_ = now;
  if (boot != boot_ || !network_ || stage_ != ServerStage::network_boot) return;
  network(network_->on_datagram(use, from, port, datagram, now));
}

void Server::on_fetched(std::uint64_t boot, FetchId id, const FetchResult& result, core::BootTime now) {
  now_ = now;
  if (boot != boot_) return;
  if (stage_ == ServerStage::talos_fetching && config_fetch_ == id) {
    on_config(result);
  } else if (network_ && stage_ == ServerStage::network_boot) {
    network(network_->on_fetched(id, result, now));
  }
}

void Server::on_scout_ended(std::uint64_t boot, ScoutEnd end, core::BootTime now) {
  now_ = now;
  if (boot != boot_ || stage_ != ServerStage::scout) return;
  switch (end) {
    case ScoutEnd::power_off: switch_off(); break;
    case ScoutEnd::reboot: reboot(); break;
    case ScoutEnd::rejected: get_stuck("scout was rejected"); break;
    case ScoutEnd::failed: get_stuck("scout could not start"); break;
  }
}

void Server::on_deadline(core::BootTime now) {
  now_ = now;
  if (deadline_ && now >= *deadline_) {
    deadline_.reset();
    if (switch_off_at_deadline_) {
      switch_off();
      return;
    }
    switch (stage_) {
      case ServerStage::post: after_post(); break;
      case ServerStage::pausing: reboot(); break;
      case ServerStage::starting: start_kernel(); break;
      case ServerStage::talos_fetching: fetch_config(); break;
      case ServerStage::talos_installing:
        if (install_) install(*install_);
        break;
      default: break;
    }
    return;
  }
  if (network_ && stage_ == ServerStage::network_boot) network(network_->on_deadline(now));
  if (os_dhcp_) {
    send_os_dhcp(*os_dhcp_, os_dhcp_->on_deadline(now));
    if (os_dhcp_->outcome()) os_dhcp_.reset();
  }
}

std::optional<core::BootTime> Server::deadline() const {
  std::optional<core::BootTime> next = deadline_;
  const auto consider = [&next](std::optional<core::BootTime> other) {
    if (other && (!next || *other < *next)) next = other;
  };
  if (network_ && stage_ == ServerStage::network_boot) consider(network_->deadline());
  if (os_dhcp_) consider(os_dhcp_->deadline());
  return next;
}

std::vector<BootRecord> Server::boots() const {
  std::vector<BootRecord> out = records_;
  if (network_) out.push_back(network_->record());
  return out;
}

void Server::get_stuck(std::string reason) {
  stage_ = ServerStage::stuck;
  detail_ = std::move(reason);
  deadline_.reset();
}

}  // namespace colony::hw_sim
