#pragma once
// What a simulated BMC drives: the machine around it. Implemented by hw-sim/rack's servers, and by
// PlainChassis where there is nothing but a BMC.

#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/evidence/evidence.hpp"
#include "drivers/bmc_values.hpp"
#include "hw-sim/bmc/serial_port.hpp"

namespace colony::hw_sim {

/// What the machine's hardware tells its BMC, which writes it down (IPMI 2.0 section 29.7).
struct ChassisEvent {
  std::uint8_t sensor_type = 0;  // table 42-3
  std::uint8_t sensor = 0;
  std::uint8_t offset = 0;
  std::uint8_t event_type = 0x6f;  // sensor-specific, asserted
  core::BootTime at{};
};

class Chassis {
 public:
  virtual ~Chassis() = default;
  [[nodiscard]] virtual core::PowerState power() const = 0;
  /// The BMC pulls the line. May be called with an action that changes nothing (on when on).
  virtual void act(drivers::PowerAction action) = 0;
  /// The boot flags. The firmware that boots by a one-time setting clears it, as a BIOS does.
  [[nodiscard]] virtual drivers::BootDeviceSetting boot_device() const = 0;
  virtual void set_boot_device(const drivers::BootDeviceSetting& setting) = 0;
  /// What happened since it was last asked, bounded.
  [[nodiscard]] virtual std::vector<ChassisEvent> take_events() { return {}; }
  /// nullptr: it has none.
  [[nodiscard]] virtual SerialPort* serial() { return nullptr; }
};

/// A machine without insides: remembers, and changes state at once. Its serial port greets, and repeats what
/// is typed.
class PlainChassis final : public Chassis {
 public:
  PlainChassis() {
    serial_.set_machine([this](std::string_view typed) { on_type(typed); },
                        [this] { serial_.print("\r\n(break)\r\n"); });
  }
  PlainChassis(const PlainChassis&) = delete;
  PlainChassis& operator=(const PlainChassis&) = delete;
  ~PlainChassis() override = default;
  [[nodiscard]] core::PowerState power() const override { return power_; }
  void act(drivers::PowerAction action) override {
    const bool off = action == drivers::PowerAction::off || action == drivers::PowerAction::soft_off;
    power_ = off ? core::PowerState::off : core::PowerState::on;
    if (!off) serial_.print("hw-sim: power-on self test\r\nhw-sim login: ");
  }
  [[nodiscard]] drivers::BootDeviceSetting boot_device() const override { return boot_device_; }
  void set_boot_device(const drivers::BootDeviceSetting& setting) override { boot_device_ = setting; }
  [[nodiscard]] SerialPort* serial() override { return &serial_; }
  [[nodiscard]] std::vector<ChassisEvent> take_events() override { return std::exchange(events_, {}); }
  void report(const ChassisEvent& event) { events_.push_back(event); }

 private:
  void on_type(std::string_view typed) {
    for (const char c : typed) {
      if (c == '\r') {
        serial_.print("\r\nhw-sim: you typed \"" + line_ + "\"\r\nhw-sim login: ");
        line_.clear();
      } else if (line_.size() < max_line) {
        line_ += c;
        serial_.print({&c, 1});
      }
    }
  }
  static constexpr std::size_t max_line = 256;
  SerialPort serial_;
  std::vector<ChassisEvent> events_;
  std::string line_;
  core::PowerState power_ = core::PowerState::off;
  drivers::BootDeviceSetting boot_device_;
};

}  // namespace colony::hw_sim
