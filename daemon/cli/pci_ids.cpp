#include "daemon/cli/pci_ids.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace colony::daemon::cli {

namespace {

struct Line {
  std::uint16_t number = 0;
  std::string name;
};

/// "10de  NVIDIA Corporation"
std::optional<Line> read_line(std::string_view text) {
  constexpr std::size_t digits = 4;
  if (text.size() < digits + 2 || text.substr(digits, 2) != "  ") return std::nullopt;
  Line line;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + digits, line.number, 16);
  if (problem != std::errc() || end != text.data() + digits) return std::nullopt;
  line.name = text.substr(digits + 2, pci_name_limit);
  return line;
}

}  // namespace

std::vector<std::string> pci_names(std::string_view list, std::span<const PciId> wanted) {
  struct Found {
    std::string vendor, device;
  };
  std::vector<Found> found(wanted.size());  // of repeated lines the last counts
  std::vector<std::size_t> of_vendor;       // of `wanted`, those of the vendor whose devices follow
  while (!list.empty()) {
    std::string_view text = list.substr(0, list.find('\n'));
    list.remove_prefix(std::min(list.size(), text.size() + 1));
    if (text.starts_with("C ")) break;
    if (!text.starts_with('\t')) {
      const auto vendor = read_line(text);
      if (!vendor) continue;  // a remark or an empty line; the vendor's devices go on behind it
      of_vendor.clear();
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].vendor != vendor->number) continue;
        of_vendor.push_back(i);
        found[i].vendor = vendor->name;
      }
      continue;
    }
    if (of_vendor.empty()) continue;
    const auto device = read_line(text.substr(1));
    if (!device) continue;
    for (const std::size_t i : of_vendor) {
      if (wanted[i].device == device->number) found[i].device = device->name;
    }
  }
  std::vector<std::string> names;
  names.reserve(found.size());
  for (auto& each : found) {
    names.push_back(each.device.empty() ? std::move(each.vendor) : each.vendor + " " + each.device);
  }
  return names;
}

}  // namespace colony::daemon::cli
