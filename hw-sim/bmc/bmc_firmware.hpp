#pragma once
// The commands of a simulated BMC, apart from sessions: a request and the session's privilege in, completion
// code and data out.

#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "drivers/ipmi/message.hpp"
#include "hw-sim/bmc/bmc_profile.hpp"
#include "hw-sim/bmc/chassis.hpp"

namespace colony::hw_sim {

struct FirmwareReply {
  std::uint8_t completion = 0;
  core::Bytes data;
};

class BmcFirmware {
 public:
  BmcFirmware(const BmcProfile& profile, Chassis& chassis);

  [[nodiscard]] FirmwareReply run(const drivers::ipmi::RequestMessage& request,
                                  drivers::ipmi::Privilege privilege, core::BootTime now);

 private:
  using Request = drivers::ipmi::RequestMessage;
  [[nodiscard]] FirmwareReply app(const Request& request) const;
  [[nodiscard]] FirmwareReply chassis(const Request& request, core::BootTime now);
  [[nodiscard]] FirmwareReply sensor(const Request& request) const;
  [[nodiscard]] FirmwareReply storage(const Request& request);
  [[nodiscard]] FirmwareReply transport(const Request& request) const;

  [[nodiscard]] FirmwareReply auth_capabilities() const;
  [[nodiscard]] FirmwareReply cipher_suites(const Request& request) const;
  [[nodiscard]] FirmwareReply set_boot_option(const Request& request);
  [[nodiscard]] FirmwareReply get_boot_option(const Request& request) const;
  [[nodiscard]] FirmwareReply get_sdr(const Request& request) const;
  [[nodiscard]] FirmwareReply get_sel_entry(const Request& request) const;
  void log_event(std::uint8_t sensor_type, std::uint8_t offset, core::BootTime now);

  const BmcProfile& profile_;
  Chassis& chassis_;
  core::Bytes fru_;
  std::vector<core::Bytes> sdrs_;
  std::vector<core::Bytes> sel_;  // bounded; the oldest goes
  std::uint8_t set_in_progress_ = 0;
};

}  // namespace colony::hw_sim
