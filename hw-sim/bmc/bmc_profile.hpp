#pragma once
// What one simulated BMC is: credentials, identity, inventory, limits.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "drivers/ipmi/commands.hpp"
#include "drivers/ipmi/fru.hpp"
#include "hw-sim/bmc/bmc_sel.hpp"

namespace colony::hw_sim {

struct BmcProfile {
  std::string username;
  core::Secret password;
  core::Uuid system_guid;  // sent as these bytes
  drivers::ipmi::DeviceId device{.device_id = 0x20,
                                 .firmware_major = 2,
                                 .firmware_minor = 0x49,
                                 .manufacturer_id = 10876,  // Supermicro
                                 .product_id = 0x0945};
  drivers::ipmi::FruBoard board{
      .manufacturer = "Colony", .product = "SIM-BOARD", .serial = "SIMB000001", .part_number = "B-1"};
  drivers::ipmi::FruProduct product{.manufacturer = "Colony",
                                    .name = "Simulated Server",
                                    .part_number = "S-1",
                                    .version = "1",
                                    .serial = "SIMS000001",
                                    .asset_tag = ""};
  core::MacAddress mac;
  core::Ipv4Network address;
  std::vector<drivers::ipmi::CipherSuite> suites{drivers::ipmi::CipherSuite::sha256_aes,
                                                 drivers::ipmi::CipherSuite::sha1_aes};
  std::size_t max_sessions = 4;
  std::map<std::uint8_t, std::uint8_t> readings;  // raw, by sensor, while it is on: instead of the usual ones
  std::uint8_t more_sensors = 0;                  // temperatures, numbered on from the usual ones
  std::uint8_t sdr_piece = 255;                   // at most so much of a sensor record at once, else CAh
  std::size_t sel_capacity = 64;
  SelWhenFull sel_when_full = SelWhenFull::forget_oldest;
  // Ways in that an audit should find.
  bool cipher_zero = false;      // takes cipher suite 0
  bool anonymous = false;        // says that neither name nor password is wanted
  bool null_user = false;        // says that the user without a name may log in
  std::uint8_t auth_types = 0;   // of IPMI 1.5, as it says: 01 none, 02 MD2, 04 MD5, 10 straight password
  bool sol = true;               // serial over LAN is switched on
  std::uint16_t sol_port = 623;  // what Activate Payload names; ipmitool wants the one it talks to
  core::Duration reset_time = std::chrono::seconds(60);  // it is silent after a cold reset
  core::Duration starting_time{};                        // and then answers every command with D2h
  bool reports_privilege = true;  // false: Open Session Response says privilege 0, as some do
  // How OpenBMC's phosphor-net-ipmid differs from what one would expect.
  bool draws_anew = false;         // a repeated RAKP 1 gets another random number
  bool nameless_refusals = false;  // neither tag nor session id in most refusals of the handshake
  bool pads_15 = false;            // a legacy pad behind every IPMI 1.5 reply (section 13.6)
};

/// As a BMC that is met in the field: openbmc. False: there is no such thing.
[[nodiscard]] bool imitate(BmcProfile& profile, std::string_view model);

/// One weakness by name: cipher-zero, anonymous, null-user, ipmi-1.5. False: there is no such thing.
[[nodiscard]] bool weaken(BmcProfile& profile, std::string_view weakness);

}  // namespace colony::hw_sim
