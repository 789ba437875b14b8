#pragma once
// What a BMC has taught us of itself, for life: kept by the composition, given back to the driver at the next
// start. And how it stands now. Learnt from what happens; nothing is tried only to find out.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json.hpp"

namespace colony::drivers {

enum class Learnt : std::uint8_t { unknown, no, yes };

struct BmcPassport {
  std::vector<std::uint8_t> suites;  // cipher suites that worked, the last one first
  std::uint8_t sessions = 0;         // that it holds at once, as it says itself; 0: not known
  bool was_full = false;             // it has refused a session for want of room
  core::Duration gap{};              // between commands; zero: the usual one does
  Learnt sol = Learnt::unknown;      // serial over LAN
  std::uint8_t password_bytes = 0;   // it has taken a password of this length; known from 17 up
  friend bool operator==(const BmcPassport&, const BmcPassport&) = default;
};

/// Members that are not known are left out.
[[nodiscard]] core::Json to_json(const BmcPassport& passport);
/// What cannot be read is not known.
[[nodiscard]] BmcPassport passport_from_text(std::string_view text);

/// A BMC that is left alone because it did not answer: until then commands fail at once, then one of them is
/// the probe.
struct BmcQuiet {
  unsigned failures = 0;  // in a row
  core::UtcTime until;
  std::string why;  // "no_answer"
};

/// "has not answered 3 times in a row (no_answer) and is left alone until ...; then one command is the probe"
[[nodiscard]] std::string describe(const BmcQuiet& quiet);

struct BmcStanding {
  BmcPassport passport;
  std::optional<BmcQuiet> quiet;
};

}  // namespace colony::drivers
