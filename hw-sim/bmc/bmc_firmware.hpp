#pragma once
// The commands of a simulated BMC, apart from sessions: a request and the session's privilege in, completion
// code and data out.

#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "drivers/ipmi/message.hpp"
#include "hw-sim/bmc/bmc_profile.hpp"
#include "hw-sim/bmc/bmc_sel.hpp"
#include "hw-sim/bmc/chassis.hpp"
#include "hw-sim/bmc/firmware_reply.hpp"

namespace colony::hw_sim {

class BmcFirmware {
 public:
  BmcFirmware(const BmcProfile& profile, Chassis& chassis);

  [[nodiscard]] FirmwareReply run(const drivers::ipmi::RequestMessage& request,
                                  drivers::ipmi::Privilege privilege, core::BootTime now);

 private:
  using Request = drivers::ipmi::RequestMessage;
  [[nodiscard]] FirmwareReply app(const Request& request) const;
  [[nodiscard]] FirmwareReply chassis(const Request& request, core::BootTime now);
  [[nodiscard]] FirmwareReply sensor(const Request& request, core::BootTime now);
  [[nodiscard]] FirmwareReply storage(const Request& request, core::BootTime now);
  [[nodiscard]] FirmwareReply transport(const Request& request) const;

  [[nodiscard]] FirmwareReply auth_capabilities() const;
  [[nodiscard]] FirmwareReply cipher_suites(const Request& request) const;
  [[nodiscard]] FirmwareReply set_boot_option(const Request& request);
  [[nodiscard]] FirmwareReply get_boot_option(const Request& request) const;
  [[nodiscard]] FirmwareReply get_sdr(const Request& request) const;
  [[nodiscard]] FirmwareReply chassis_control(const Request& request, core::BootTime now);
  void write_events_down();

  const BmcProfile& profile_;
  Chassis& chassis_;
  core::Bytes fru_;
  std::vector<core::Bytes> sdrs_;
  BmcSel sel_;
  std::uint8_t restart_cause_ = 0;  // table 28-11
  std::uint8_t set_in_progress_ = 0;
};

}  // namespace colony::hw_sim
