// Captured from ipmitool 1.8.19.

#include "drivers/ipmitool/output.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::drivers::ipmitool;
using drivers::ipmi::IpmiError;

TEST(IpmitoolOutput, ReadsRawBytesOverSeveralLines) {
  EXPECT_EQ(parse_raw(" 20 01 02 49\n 02 bf\n"), (core::Bytes{0x20, 1, 2, 0x49, 2, 0xbf}));
  EXPECT_EQ(parse_raw("\n"), core::Bytes{});
  EXPECT_FALSE(parse_raw(" 20 1"));
  EXPECT_FALSE(parse_raw(" 20 zz\n"));
  EXPECT_FALSE(parse_raw(" 200 1\n"));
  EXPECT_FALSE(parse_raw("Unable to send RAW command"));
  std::string endless;
  for (int i = 0; i < 300; ++i) endless += " 00";
  EXPECT_FALSE(parse_raw(endless));
}

TEST(IpmitoolOutput, ReadsPowerAndNothingElse) {
  EXPECT_EQ(parse_power_status("Chassis Power is on\n"), core::PowerState::on);
  EXPECT_EQ(parse_power_status("Chassis Power is off\n"), core::PowerState::off);
  EXPECT_FALSE(parse_power_status(""));
  EXPECT_FALSE(parse_power_status("Chassis Power is on\nChassis Power is off\n"));
  const std::string_view whole = "Chassis Power is on";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_power_status(whole.substr(0, size)));
  }
}

TEST(IpmitoolOutput, ReadsFruFields) {
  const auto fru = parse_fru(
      " Board Mfg Date        : Unspecified\n Board Mfg             : Colony\n Board Product         : "
      "SIM-BOARD\n"
      " Board Serial          : SIMB000001\n Board Part Number     : B-1\n Product Manufacturer  : Colony\n"
      " Product Name          : Simulated Server\n Product Serial        : S:1 \n\n");
  ASSERT_TRUE(fru);
  EXPECT_EQ(fru->board_serial, "SIMB000001");
  EXPECT_EQ(fru->product_serial, "S:1");
  EXPECT_EQ(fru->product_name, "Simulated Server");
  EXPECT_FALSE(parse_fru("FRU Read failed"));
}

TEST(IpmitoolOutput, TellsWhyASessionWasRefused) {
  const auto failure = [](std::string text) {
    return parse_failure("Loading IANA PEN Registry...\n" + text +
                         "\nError: Unable to establish IPMI v2 / RMCP+ session\n");
  };
  EXPECT_EQ(failure("> RAKP 2 HMAC is invalid").error, IpmiError::bad_password);
  EXPECT_EQ(failure("RAKP 2 message indicates an error : unauthorized name").error, IpmiError::no_such_user);
  EXPECT_EQ(failure("RAKP 4 message indicates an error : invalid integrity check value").error,
            IpmiError::handshake_refused);
  EXPECT_EQ(failure("RAKP 4 message has invalid integrity check value").error, IpmiError::handshake_refused);
  EXPECT_EQ(failure("Error in open session response message : no cipher suite match with proposed security "
                    "algorithms")
                .error,
            IpmiError::no_cipher_suite);
  EXPECT_EQ(failure("Error in open session response message : insufficient resources for session").error,
            IpmiError::no_free_session);
  EXPECT_EQ(failure("").error, IpmiError::no_answer);
  EXPECT_EQ(failure("").session, SessionOutcome::refused);
}

TEST(IpmitoolOutput, TellsARefusedCommandFromALostOne) {
  const auto refused = parse_failure(
      "Unable to send RAW command (channel=0x0 netfn=0x6 lun=0x0 cmd=0x99 rsp=0xc1): Invalid command\n");
  EXPECT_EQ(refused.error, IpmiError::unsupported);
  EXPECT_EQ(refused.detail, 0xc1);
  const auto in_words =
      parse_failure("Set Chassis Power Control to Up/On failed: Command not supported in present state\n");
  EXPECT_EQ(in_words.error, IpmiError::command_refused);
  EXPECT_EQ(parse_failure(" Device not present (Invalid data field in request)\n").error,
            IpmiError::unsupported);
  const auto lost = parse_failure("Unable to set Chassis Power Control to Up/On\n");
  EXPECT_EQ(lost.error, IpmiError::no_answer);
  EXPECT_EQ(lost.session, SessionOutcome::established);
}
