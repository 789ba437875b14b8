#pragma once
// A stand-in for Talos Linux as far as provisioning touches it: the mandatory kernel arguments, the machine
// config fetched from talos.config= until a whole one comes, the install onto the disk the config chooses.
// Facts: siderolabs/talos v1.13 (kspp.go, download.go, v1alpha1 install). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/sha256.hpp"
#include "hw-sim/disk/sim_disk.hpp"

namespace colony::hw_sim {

/// The values of the kernel command line that Talos looks at.
struct TalosArguments {
  std::string config_url;
};

/// Errors: talos.not_metal, talos.arguments (names the missing one: machined aborts and reboots),
/// talos.config.
[[nodiscard]] core::Result<TalosArguments> parse_talos_arguments(std::string_view command_line);

/// What a machine config asks of the installer.
struct TalosInstall {
  std::string disk;  // "/dev/..." or empty
  struct Selector {
    std::string serial, wwid, model;  // glob patterns, empty: any
  };
  std::optional<Selector> selector;
  core::Sha256Digest config;  // of the whole text
};

/// Errors: talos.yaml (not YAML, so probably cut off), talos.incomplete (no v1alpha1 document with a
/// machine).
[[nodiscard]] core::Result<TalosInstall> parse_talos_config(std::string_view text);

/// The index of the disk to install to. `names` are the kernel's names of `disks`, without "/dev/".
[[nodiscard]] std::optional<std::size_t> choose_disk(const TalosInstall& install,
                                                     const std::vector<const DiskModel*>& disks,
                                                     const std::vector<std::string>& names);

/// What the boot sector of a simulated disk says.
struct InstalledMarker {
  std::string system;  // "talos", or what RACK.yaml put there
  std::string detail;  // digest of the config
};
[[nodiscard]] core::Result<> write_marker(SimDisk& disk, const InstalledMarker& marker);
/// nullopt: nothing that firmware would boot.
[[nodiscard]] std::optional<InstalledMarker> read_marker(const SimDisk& disk);

}  // namespace colony::hw_sim
