#include "daemon/config/unserved.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "daemon/config/leaves.hpp"

namespace colony::daemon {

namespace {

constexpr auto unserved = std::to_array<std::string_view>({
    "bmc.poll_interval",
    "talos.version",
    "talos.installer",
});

/// What only a DHCP server reads.
constexpr auto of_server_mode =
    std::to_array<std::string_view>({"dhcp.subnets", "dhcp.reservations", "dhcp.force"});

bool asks_in_vain(const Leaf& leaf, DhcpMode mode) {
  if (is_unserved(leaf.path())) return true;
  return mode != DhcpMode::server && std::ranges::find(of_server_mode, leaf.path()) != of_server_mode.end();
}

}  // namespace

bool is_unserved(std::string_view key) {
  return std::ranges::find(unserved, key) != unserved.end();
}

std::vector<std::string> unserved_keys(const Config& config) {
  const auto set = flatten(config);
  const auto defaults = flatten(Config{});
  std::vector<std::string> found;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i] == defaults[i] || !asks_in_vain(set[i], config.dhcp.mode)) continue;
    // Lists can be long: their name is enough.
    const bool is_list = set[i].text.starts_with('[');
    found.push_back(is_list ? set[i].path() : fmt::format("{}: {}", set[i].path(), set[i].text));
  }
  return found;
}

}  // namespace colony::daemon
