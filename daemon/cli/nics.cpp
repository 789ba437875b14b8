#include "daemon/cli/nics.hpp"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/cli/report.hpp"
#include "daemon/cli/table.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

const Json& nics_of(const Json& plan) {
  static const Json none = Json::array();
  const Json* const nics = core::json_member(plan, "nics");
  return nics != nullptr && nics->is_array() ? *nics : none;
}

}  // namespace

std::string nic_table(const Json& plan) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& nic : nics_of(plan)) {
    const bool up = core::json_bool(nic, "link_up").value_or(false);
    rows.push_back({text_of(nic, "mac_address"), up ? "up" : "down", text_of(nic, "speed_mbps"),
                    text_of(nic, "driver"), text_of(nic, "pci_address"), text_of(nic, "switch"),
                    text_of(nic, "switch_port"), text_of(nic, "name")});
  }
  if (rows.empty()) return {};
  return render_table({{"MAC", Align::left, 17},
                       {"LINK"},
                       {"MBIT/S", Align::right, 6},
                       {"DRIVER", Align::left, 8},
                       {"PCI", Align::left, 12},
                       {"SWITCH", Align::left, 8},
                       {"PORT", Align::left, 8},
                       {"DEVICE", Align::left, 6}},
                      rows);
}

Json nic_names(const Json& plan) {
  Json names = Json::array();
  for (const auto& nic : nics_of(plan)) names.push_back(text_of(nic, "mac_address"));
  return names;
}

}  // namespace colony::daemon::cli
