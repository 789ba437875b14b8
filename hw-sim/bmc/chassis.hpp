#pragma once
// What a simulated BMC drives: the machine around it. Implemented by hw-sim/rack's servers, and by
// PlainChassis where there is nothing but a BMC.

#include "core/evidence/evidence.hpp"
#include "drivers/bmc_values.hpp"

namespace colony::hw_sim {

class Chassis {
 public:
  virtual ~Chassis() = default;
  [[nodiscard]] virtual core::PowerState power() const = 0;
  /// The BMC pulls the line. May be called with an action that changes nothing (on when on).
  virtual void act(drivers::PowerAction action) = 0;
  /// The boot flags. The firmware that boots by a one-time setting clears it, as a BIOS does.
  [[nodiscard]] virtual drivers::BootDeviceSetting boot_device() const = 0;
  virtual void set_boot_device(const drivers::BootDeviceSetting& setting) = 0;
};

/// A machine without insides: remembers, and changes state at once.
class PlainChassis final : public Chassis {
 public:
  [[nodiscard]] core::PowerState power() const override { return power_; }
  void act(drivers::PowerAction action) override {
    const bool off = action == drivers::PowerAction::off || action == drivers::PowerAction::soft_off;
    power_ = off ? core::PowerState::off : core::PowerState::on;
  }
  [[nodiscard]] drivers::BootDeviceSetting boot_device() const override { return boot_device_; }
  void set_boot_device(const drivers::BootDeviceSetting& setting) override { boot_device_ = setting; }

 private:
  core::PowerState power_ = core::PowerState::off;
  drivers::BootDeviceSetting boot_device_;
};

}  // namespace colony::hw_sim
