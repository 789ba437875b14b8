#pragma once
// What one simulated server is made of.

#include <string>
#include <vector>

#include "core/address.hpp"
#include "core/ids.hpp"
#include "hw-sim/disk/sim_disk.hpp"
#include "hw-sim/firmware/network_boot.hpp"

namespace colony::hw_sim {

struct ServerProfile {
  std::string name;  // "server-1", for people
  std::string manufacturer = "Colony", product = "Simulated Server", serial, board_serial;
  core::Uuid smbios_uuid;
  FirmwareKind firmware = FirmwareKind::bios;
  core::MacAddress mac;  // of the boot NIC
  core::MacAddress bmc_mac;
  core::Ipv4Network bmc_address;
  std::string cpu_model = "Simulated CPU";
  unsigned sockets = 1, cores = 8, threads = 16;
  std::uint64_t memory_bytes = 64ULL << 30;
  std::vector<DiskModel> disks;
  /// Supermicro X11 and others: a one-time boot device set without the EFI bit is taken and not honoured by
  /// UEFI firmware.
  bool wants_efi_bit = false;
  /// The boot order as shipped by many vendors: network before disk. Else a bootable disk comes first.
  bool network_first = false;
};

struct ServerTimings {
  core::Duration post = std::chrono::milliseconds(100);
  NetworkBootTimings network;
  core::Duration pause = std::chrono::seconds(1);  // nothing bootable: before the boot order starts over
  core::Duration os_start = std::chrono::milliseconds(50);  // kernel to userspace
  core::Duration talos_retry = std::chrono::seconds(1);     // first back-off of the config fetch, doubled
  core::Duration shutdown = std::chrono::milliseconds(50);  // of an operating system asked softly

  /// Quick for tests; `speed` divides what real machines take.
  [[nodiscard]] static ServerTimings at_speed(double speed);
};

}  // namespace colony::hw_sim
