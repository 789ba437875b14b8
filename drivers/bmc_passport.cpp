#include "drivers/bmc_passport.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::drivers {

namespace {

constexpr std::size_t max_suites = 8;
constexpr std::uint64_t max_gap_ms = 60'000;

std::uint8_t byte_of(const core::Json& json, std::string_view key) {
  const auto value = core::json_uint(json, key);
  return static_cast<std::uint8_t>(std::min<std::uint64_t>(value.value_or(0), 255));
}

}  // namespace

core::Json to_json(const BmcPassport& passport) {
  core::Json out = core::Json::object();
  if (!passport.suites.empty()) out["cipher_suites"] = passport.suites;
  if (passport.sessions != 0) out["sessions"] = passport.sessions;
  if (passport.was_full) out["was_full"] = true;
  if (passport.gap > core::Duration{0}) {
    out["command_gap_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(passport.gap).count();
  }
  if (passport.sol != Learnt::unknown) out["sol"] = passport.sol == Learnt::yes;
  if (passport.password_bytes != 0) out["password_bytes"] = passport.password_bytes;
  return out;
}

BmcPassport passport_from_text(std::string_view text) {
  BmcPassport out;
  const auto json = core::parse_json(text);
  if (!json || !json->is_object()) return out;
  if (const core::Json* suites = core::json_member(*json, "cipher_suites");
      suites != nullptr && suites->is_array()) {
    for (const auto& suite : *suites) {
      if (!suite.is_number_unsigned() || out.suites.size() >= max_suites) continue;
      out.suites.push_back(
          static_cast<std::uint8_t>(std::min<std::uint64_t>(suite.get<std::uint64_t>(), 255)));
    }
  }
  out.sessions = byte_of(*json, "sessions");
  out.was_full = core::json_bool(*json, "was_full").value_or(false);
  const auto gap = core::json_uint(*json, "command_gap_ms").value_or(0);
  out.gap = std::chrono::milliseconds(static_cast<std::int64_t>(std::min(gap, max_gap_ms)));
  if (const auto sol = core::json_bool(*json, "sol")) out.sol = *sol ? Learnt::yes : Learnt::no;
  out.password_bytes = byte_of(*json, "password_bytes");
  return out;
}

std::string describe(const BmcQuiet& quiet) {
  return fmt::format(
      "the BMC has not answered {} times in a row ({}) and is left alone until {}; then one command is the "
      "probe",
      quiet.failures, quiet.why, core::format_utc(quiet.until));
}

}  // namespace colony::drivers
