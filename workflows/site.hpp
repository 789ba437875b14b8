#pragma once
// What the site's configuration means to workflows. The composition fills it in; a reload replaces it.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "core/address.hpp"
#include "core/clock.hpp"
#include "core/sha256.hpp"
#include "drivers/scout/messages.hpp"
#include "pxe/boot_policy.hpp"

namespace colony::workflows {

enum class Machine : std::uint8_t { x86_64, arm64 };
[[nodiscard]] Machine machine_of(core::ClientArch arch);

/// Kernel and initial ramdisks by digest, as pxe/artifacts holds them.
struct BootImage {
  core::Sha256Digest kernel;
  std::vector<core::Sha256Digest> initrds;
  std::vector<std::string> arguments;  // in addition to those that we know to be needed
};

enum class DiscoverMode : std::uint8_t { window, always, never };

/// May a BMC be restarted when nothing else brings its machine to boot from the network?
enum class BmcReset : std::uint8_t { never, last_resort };

/// How often we look and how long we wait. Real machines need minutes, simulated ones seconds.
struct Pacing {
  core::Duration power_poll = std::chrono::seconds(2);
  core::Duration bmc_call = std::chrono::seconds(30);      // one command, with its retransmissions
  core::Duration bmc_restart = std::chrono::minutes(4);    // until it answers again
  core::Duration off_confirmed = std::chrono::seconds(5);  // seen off twice, this far apart
  core::Duration power_change = std::chrono::minutes(2);   // soft parts of firmware take their time
  core::Duration boot = std::chrono::minutes(15);  // power on to first request, memory training included
  core::Duration load = std::chrono::minutes(15);  // boot script to kernel to hello
  core::Duration install = std::chrono::minutes(30);
  core::Duration quiet_after_install = std::chrono::minutes(5);  // see recipes/provision.cpp
  core::Duration disk_boot_settle = std::chrono::seconds(30);    // sent to its disk and not back since
  core::Duration scout_silence = std::chrono::minutes(3);        // scout asks at least every 50 s
  core::Duration order_hold = std::chrono::seconds(50);
  core::Duration power_test_silence = std::chrono::seconds(20);
};

struct Site {
  core::Ipv4Address http_address;  // the load-balancer address
  std::uint16_t http_port = 8080;
  DiscoverMode discover = DiscoverMode::window;
  std::map<Machine, BootImage> scout, talos;
  pxe::LocalHandover bios_handover = pxe::LocalHandover::exit;
  pxe::LocalHandover efi_handover = pxe::LocalHandover::exit;
  drivers::scout::WipeLevel wipe_minimum = drivers::scout::WipeLevel::clear;
  unsigned wipe_verify_permille = 100;
  unsigned wipe_budget_per_hour = 20;
  BmcReset bmc_reset = BmcReset::never;
  std::string bmc_driver = "native";  // of BMCs that are handed over without one
  Pacing pacing;
};

}  // namespace colony::workflows
