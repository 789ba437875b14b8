#include "hw-sim/faults/fault_plan.hpp"

#include <algorithm>
#include <array>

namespace colony::hw_sim {

namespace {

struct PointRow {
  FaultPoint point;
  std::string_view name;
  std::array<bool, 6> kinds;  // lose, late, duplicate, refuse, ignore, lie
};

// In the order of the enum.
constexpr std::array<bool, 6> wire{true, true, true, false, false, false};
constexpr std::array<bool, 6> http{true, true, false, true, false, false};
constexpr PointRow points[] = {
    {FaultPoint::dhcp_request, "dhcp.request", wire},
    {FaultPoint::dhcp_reply, "dhcp.reply", wire},
    {FaultPoint::tftp_request, "tftp.request", wire},
    {FaultPoint::tftp_data, "tftp.data", wire},
    {FaultPoint::http_request, "http.request", http},
    {FaultPoint::http_reply, "http.reply", http},
    {FaultPoint::scout_hello, "scout.hello", {true, true, true, true, false, false}},
    {FaultPoint::scout_inventory, "scout.inventory", {true, true, true, true, false, false}},
    {FaultPoint::scout_order, "scout.order", {true, true, true, true, false, false}},
    {FaultPoint::scout_redeem, "scout.redeem", {true, true, true, true, false, false}},
    {FaultPoint::scout_progress, "scout.progress", {true, true, true, true, false, false}},
    {FaultPoint::scout_result, "scout.result", {true, true, true, true, false, false}},
    {FaultPoint::scout_agent, "scout.agent", {true, false, false, false, false, false}},
    {FaultPoint::firmware_post, "firmware.post", {false, true, false, true, false, false}},
    {FaultPoint::firmware_boot_order, "firmware.boot_order", {false, false, false, false, true, false}},
    {FaultPoint::disk_discard, "disk.discard", {false, false, false, true, false, true}},
    {FaultPoint::disk_zero_out, "disk.zero_out", {false, false, false, true, false, true}},
    {FaultPoint::disk_write, "disk.write", {false, false, false, true, false, false}},
    {FaultPoint::talos_install, "talos.install", {false, false, false, true, false, true}},
    {FaultPoint::hardware_power_supply, "hardware.power_supply", {true, false, false, false, false, false}},
    {FaultPoint::hardware_memory, "hardware.memory", {false, false, false, false, false, true}},
};
constexpr std::string_view kinds[] = {"lose", "late", "duplicate", "refuse", "ignore", "lie"};

}  // namespace

std::optional<FaultPoint> parse_fault_point(std::string_view text) {
  for (const PointRow& row : points) {
    if (row.name == text) return row.point;
  }
  return std::nullopt;
}

std::optional<FaultKind> parse_fault_kind(std::string_view text) {
  const auto found = std::find(std::begin(kinds), std::end(kinds), text);
  if (found == std::end(kinds)) return std::nullopt;
  return static_cast<FaultKind>(found - std::begin(kinds));
}

std::string_view name(FaultPoint point) {
  return points[static_cast<std::size_t>(point)].name;
}

std::string_view name(FaultKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

std::vector<std::string_view> fault_point_names() {
  std::vector<std::string_view> names;
  for (const PointRow& row : points) names.push_back(row.name);
  return names;
}

std::vector<std::string_view> fault_kind_names() {
  return {std::begin(kinds), std::end(kinds)};
}

bool applies(FaultPoint point, FaultKind kind) {
  return points[static_cast<std::size_t>(point)].kinds[static_cast<std::size_t>(kind)];
}

std::optional<Fault> FaultPlan::strike(FaultPoint at) {
  for (Fault& fault : faults_) {
    if (fault.at != at || fault.times == 0) continue;
    --fault.times;
    ++struck_;
    return fault;
  }
  return std::nullopt;
}

}  // namespace colony::hw_sim
