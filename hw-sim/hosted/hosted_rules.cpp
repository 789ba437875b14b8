#include "hw-sim/hosted/hosted_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace colony::hw_sim {

using namespace std::chrono_literals;

namespace {

constexpr std::array<std::pair<HostedFaultKind, std::string_view>, 9> fault_names{
    {{HostedFaultKind::drop, "drop"},
     {HostedFaultKind::drop_after_apply, "drop_after_apply"},
     {HostedFaultKind::truncated, "truncated"},
     {HostedFaultKind::slow, "slow"},
     {HostedFaultKind::error_500, "500"},
     {HostedFaultKind::error_503, "503"},
     {HostedFaultKind::error_429, "429"},
     {HostedFaultKind::error_401, "401"},
     {HostedFaultKind::error_404, "404"}}};

/// How long until fewer than `limit` of `times` lie in the window that ends now.
core::Duration wait_for_room(const std::deque<core::BootTime>& times, unsigned limit, core::Duration window,
                             core::BootTime now) {
  if (times.size() < limit) return core::Duration::zero();
  const auto blocking = times[times.size() - limit];
  return std::max(core::Duration::zero(), blocking + window - now);
}

}  // namespace

std::optional<core::Duration> HostedLimits::admit(const std::string& key, core::BootTime now) {
  auto& times = admitted_[key];
  while (!times.empty() && times.front() + 1h <= now) times.pop_front();
  const auto wait =
      std::max(wait_for_room(times, per_minute_, 1min, now), wait_for_room(times, per_hour_, 1h, now));
  if (wait > core::Duration::zero()) return wait;
  times.push_back(now);
  return std::nullopt;
}

std::string_view name(HostedFaultKind kind) {
  for (const auto& [value, text] : fault_names) {
    if (value == kind) return text;
  }
  return "drop";
}

std::optional<HostedFault> parse_hosted_fault(std::string_view text) {
  const auto last = text.rfind(':');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const auto middle = text.rfind(':', last - 1);
  if (middle == std::string_view::npos || middle == 0) return std::nullopt;
  HostedFault fault;
  fault.at = std::string(text.substr(0, middle));
  const auto kind = text.substr(middle + 1, last - middle - 1);
  const auto known = std::find_if(fault_names.begin(), fault_names.end(),
                                  [kind](const auto& f) { return f.second == kind; });
  const auto digits = text.substr(last + 1);
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, fault.times);
  if (known == fault_names.end() || error != std::errc() || stop != end) return std::nullopt;
  fault.kind = known->first;
  return fault;
}

std::optional<HostedFaultKind> HostedFaults::take(std::string_view call) {
  for (auto& fault : faults_) {
    if (fault.times == 0 || (fault.at != "*" && fault.at != call)) continue;
    --fault.times;
    return fault.kind;
  }
  return std::nullopt;
}

}  // namespace colony::hw_sim
