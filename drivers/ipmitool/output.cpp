#include "drivers/ipmitool/output.hpp"

#include <array>
#include <utility>

#include "drivers/ipmi/commands.hpp"

namespace colony::drivers::ipmitool {

namespace {

using ipmi::IpmiError;

constexpr std::size_t max_raw_bytes = 256;
constexpr std::size_t max_field = 128;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Takes one line off the front.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "... rsp=0xc1): Invalid command"
std::optional<std::uint8_t> completion_in(std::string_view text) {
  constexpr std::string_view mark = "rsp=0x";
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto value = core::parse_hex(text.substr(at + mark.size(), 2));
  if (!value || value->size() != 1) return std::nullopt;
  return value->front();
}

/// What lanplus.c prints for a status of Open Session, RAKP 2 and RAKP 4.
IpmiError handshake_error(std::string_view text) {
  static constexpr std::array known{
      // RAKP 2 has proved the password before: drivers/ipmi/session.cpp.
      std::pair<std::string_view, IpmiError>{"RAKP 4 message indicates an error : invalid integrity",
                                             IpmiError::handshake_refused},
      std::pair<std::string_view, IpmiError>{"RAKP 4 message has invalid integrity",
                                             IpmiError::handshake_refused},
      std::pair<std::string_view, IpmiError>{"HMAC is invalid", IpmiError::bad_password},
      std::pair<std::string_view, IpmiError>{"invalid integrity check value", IpmiError::bad_password},
      std::pair<std::string_view, IpmiError>{"unauthorized name", IpmiError::no_such_user},
      std::pair<std::string_view, IpmiError>{"invalid name length", IpmiError::no_such_user},
      std::pair<std::string_view, IpmiError>{"unauthorized role", IpmiError::role_refused},
      std::pair<std::string_view, IpmiError>{"invalid role", IpmiError::role_refused},
      std::pair<std::string_view, IpmiError>{"insufficient resources", IpmiError::no_free_session},
      std::pair<std::string_view, IpmiError>{"no cipher suite match", IpmiError::no_cipher_suite},
      std::pair<std::string_view, IpmiError>{"invalid authentication algorithm", IpmiError::no_cipher_suite},
      std::pair<std::string_view, IpmiError>{"invalid integrity algorithm", IpmiError::no_cipher_suite},
      std::pair<std::string_view, IpmiError>{"invalid confidentiality algorithm", IpmiError::no_cipher_suite},
      std::pair<std::string_view, IpmiError>{"no matching authentication", IpmiError::no_cipher_suite},
      std::pair<std::string_view, IpmiError>{"no matching integrity", IpmiError::no_cipher_suite},
  };
  for (const auto& [words, error] : known) {
    if (contains(text, words)) return error;
  }
  return IpmiError::no_answer;
}

}  // namespace

std::optional<core::Bytes> parse_raw(std::string_view output) {
  core::Bytes bytes;
  while (!output.empty()) {
    std::string_view line = trim(take_line(output));
    while (!line.empty()) {
      const auto end = line.find(' ');
      const auto value = core::parse_hex(line.substr(0, end));
      if (!value || value->size() != 1 || bytes.size() == max_raw_bytes) return std::nullopt;
      bytes.push_back(value->front());
      line = end == std::string_view::npos ? std::string_view{} : trim(line.substr(end));
    }
  }
  return bytes;
}

std::optional<core::PowerState> parse_power_status(std::string_view output) {
  const auto line = trim(take_line(output));
  if (!trim(output).empty()) return std::nullopt;
  if (line == "Chassis Power is on") return core::PowerState::on;
  if (line == "Chassis Power is off") return core::PowerState::off;
  return std::nullopt;
}

std::optional<FruFields> parse_fru(std::string_view output) {
  FruFields fields;
  while (!output.empty()) {
    const auto line = trim(take_line(output));
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto name = trim(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1)).substr(0, max_field);
    if (name == "Board Serial") fields.board_serial = value;
    if (name == "Product Serial") fields.product_serial = value;
    if (name == "Product Name") fields.product_name = value;
  }
  return fields;
}

Failure parse_failure(std::string_view diagnostics) {
  if (contains(diagnostics, "Unable to establish")) {
    return {handshake_error(diagnostics), std::nullopt, SessionOutcome::refused};
  }
  if (const auto code = completion_in(diagnostics)) {
    return {ipmi::completion_meaning(*code), code, SessionOutcome::established};
  }
  // "Set Chassis Power Control to Up/On failed: Insufficient privilege level": the BMC said no, in words.
  if (contains(diagnostics, "failed: ")) {
    const bool privilege = contains(diagnostics, "nsufficient privilege");
    return {privilege ? IpmiError::not_privileged : IpmiError::command_refused, std::nullopt,
            SessionOutcome::established};
  }
  // Of `fru print`: "Device not present (Invalid data field in request)".
  if (contains(diagnostics, "Device not present")) {
    return {IpmiError::unsupported, std::nullopt, SessionOutcome::established};
  }
  return {IpmiError::no_answer, std::nullopt, SessionOutcome::established};
}

}  // namespace colony::drivers::ipmitool
