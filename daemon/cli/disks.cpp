#include "daemon/cli/disks.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/report.hpp"
#include "daemon/cli/table.hpp"

namespace colony::daemon::cli {

namespace {

std::string size_text(std::uint64_t bytes) {
  if (bytes >= 1'000'000'000'000) return fmt::format("{:.2f} TB", static_cast<double>(bytes) / 1e12);
  if (bytes >= 1'000'000'000) return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace

std::string disk_name(const core::Json& disk) {
  if (auto name = text_of(disk, "order_as"); !name.empty()) return name;
  const std::string serial = text_of(disk, "serial");
  return serial.empty() ? text_of(disk, "wwn") : serial;
}

std::string disk_table(const core::Json& disks) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& disk : disks) {
    const std::string content = text_of(disk, "content");
    rows.push_back({text_of(disk, "serial"), text_of(disk, "wwn"), text_of(disk, "model"),
                    text_of(disk, "transport"), size_text(number_of(disk, "size_bytes")),
                    content.empty() ? "-" : content, text_of(disk, "device")});
  }
  return render_table({{"SERIAL", Align::left, 12},
                       {"WWN", Align::left, 10},
                       {"MODEL", Align::left, 8},
                       {"BUS", Align::left, 4},
                       {"SIZE", Align::right, 8},
                       {"CARRIES", Align::left, 7},
                       {"DEVICE", Align::left, 6}},
                      rows);
}

}  // namespace colony::daemon::cli
