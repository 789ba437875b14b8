#include "workflows/boot/discovery_window.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace colony::workflows {

namespace {

constexpr std::string_view setting_key = "discovery.window";

}  // namespace

DiscoveryWindow::DiscoveryWindow(Ledger& ledger, core::Timers& timers) : ledger_(ledger), timers_(timers) {
  ledger_.observe_durable([this](const StagedBatch& batch) {
    for (const auto& row : batch.settings) {
      if (row.key == setting_key) follow(row.value);
    }
  });
}

// "EPOCH UTC"
void DiscoveryWindow::follow(std::string_view setting) {
  until_.reset();
  const auto space = setting.find(' ');
  std::uint64_t epoch = 0;
  const auto parsed =
      std::from_chars(setting.data(), setting.data() + std::min(space, setting.size()), epoch);
  if (space == std::string_view::npos || parsed.ec != std::errc{} || epoch != ledger_.epoch().value) return;
  const auto until = core::parse_utc(setting.substr(space + 1));
  if (!until) return;
  const core::Duration rest = *until - timers_.utc_now();
  if (rest > core::Duration{0}) until_ = timers_.now() + std::min<core::Duration>(rest, longest);
}

core::Duration DiscoveryWindow::left() const {
  if (!until_) return {};
  return std::max(*until_ - timers_.now(), core::Duration{0});
}

std::optional<core::UtcTime> DiscoveryWindow::until() const {
  const core::Duration rest = left();
  if (rest == core::Duration{0}) return std::nullopt;
  return timers_.utc_now() + std::chrono::duration_cast<std::chrono::milliseconds>(rest);
}

SettingRow DiscoveryWindow::opened_for(core::Duration duration) const {
  core::Duration span = std::clamp<core::Duration>(duration, core::Duration{0}, longest);
  if (span > core::Duration{0}) span = std::max(span, left());
  const core::UtcTime until = timers_.utc_now() + std::chrono::duration_cast<std::chrono::milliseconds>(span);
  return {std::string(setting_key), fmt::format("{} {}", ledger_.epoch().value, core::format_utc(until))};
}

}  // namespace colony::workflows
