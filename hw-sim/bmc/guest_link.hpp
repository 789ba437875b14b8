#pragma once
// A machine that is a program, mostly QEMU: its serial port is a byte stream on a socket, its power a program
// that OpenIPMI's ipmi_sim would call too (`PROGRAM set power 1`, `get power`, `set boot pxe`).

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "core/address.hpp"
#include "core/async/task_group.hpp"
#include "hw-sim/bmc/chassis.hpp"

namespace colony::hw_sim {

struct UnixPlace {
  std::string path;
};
struct TcpPlace {
  core::Ipv4Address address;
  std::uint16_t port = 0;
};
using SerialPlace = std::variant<UnixPlace, TcpPlace>;

/// "unix:PATH" or "tcp:ADDR:PORT".
[[nodiscard]] std::optional<SerialPlace> parse_serial_place(std::string_view text);

class GuestLink final : public Chassis {
 public:
  /// Without a program power is only remembered.
  GuestLink(core::Timers& timers, std::optional<SerialPlace> serial, std::string program);
  GuestLink(const GuestLink&) = delete;
  GuestLink& operator=(const GuestLink&) = delete;
  ~GuestLink() override;

  /// Connects whenever somebody listens there, from now until close().
  void start();
  /// To be awaited before destruction.
  [[nodiscard]] core::Task<> close();

  [[nodiscard]] core::PowerState power() const override;
  void act(drivers::PowerAction action) override;
  [[nodiscard]] drivers::BootDeviceSetting boot_device() const override { return boot_device_; }
  void set_boot_device(const drivers::BootDeviceSetting& setting) override;
  [[nodiscard]] SerialPort* serial() override { return &serial_; }

 private:
  struct Wire;
  [[nodiscard]] static core::Task<> carry(Wire& wire);
  [[nodiscard]] std::string ask(std::string_view words) const;

  std::string program_;
  SerialPort serial_;
  std::unique_ptr<Wire> wire_;  // nullptr: it has no serial port
  core::PowerState power_ = core::PowerState::off;
  drivers::BootDeviceSetting boot_device_;
};

}  // namespace colony::hw_sim
