#pragma once
// What ipmitool 1.8.18 and 1.8.19 print, read strictly: a line that we do not know is an error, not a guess.
// Raw bytes wherever ipmitool can give them, so that the decoders are those of drivers/ipmi.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/evidence/evidence.hpp"
#include "drivers/ipmi/error.hpp"

namespace colony::drivers::ipmitool {

/// " 20 01 02\n 03\n": what `raw` prints.
[[nodiscard]] std::optional<core::Bytes> parse_raw(std::string_view output);

/// "Chassis Power is on\n".
[[nodiscard]] std::optional<core::PowerState> parse_power_status(std::string_view output);

struct FruFields {
  std::string board_serial;
  std::string product_serial;
  std::string product_name;
};
/// What `fru print 0` prints; fields that are not there stay empty. nullopt: not a list of "Name : value"
/// lines.
[[nodiscard]] std::optional<FruFields> parse_fru(std::string_view output);

enum class SessionOutcome : std::uint8_t {
  established,  // the failure, if any, came after it: an act may have been carried out
  refused,      // never established: nothing was carried out
};

struct Failure {
  ipmi::IpmiError error = ipmi::IpmiError::no_answer;
  std::optional<std::uint8_t> detail;
  SessionOutcome session = SessionOutcome::refused;
};
/// What it says when the exit code is not 0, with `-v`: standard error, then standard output.
[[nodiscard]] Failure parse_failure(std::string_view diagnostics);

}  // namespace colony::drivers::ipmitool
