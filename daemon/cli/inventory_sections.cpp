#include "daemon/cli/inventory_sections.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/pci_ids.hpp"
#include "daemon/cli/report.hpp"
#include "daemon/cli/table.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using Pairs = std::vector<std::pair<std::string, std::string>>;
using Rows = std::vector<std::vector<std::string>>;

const Json& member(const Json& object, std::string_view key) {
  static const Json nothing;
  const Json* const found = core::json_member(object, key);
  return found == nullptr ? nothing : *found;
}

std::string memory_text(std::uint64_t bytes) {
  if (bytes >= 1ULL << 30) return fmt::format("{:.4g} GiB", static_cast<double>(bytes) / (1ULL << 30));
  return fmt::format("{} MiB", bytes >> 20);
}

std::string capacity_text(std::uint64_t bytes) {
  if (bytes >= 1'000'000'000'000) return fmt::format("{:.2f} TB", static_cast<double>(bytes) / 1e12);
  if (bytes >= 1'000'000'000) return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

/// Title and lines; nothing when every line is empty.
std::string section(std::string_view title, Pairs pairs) {
  std::erase_if(pairs, [](const auto& pair) { return pair.second.empty(); });
  return pairs.empty() ? std::string() : fmt::format("\n{}\n{}", title, render_pairs(pairs));
}

std::string section(std::string_view title, const std::vector<Column>& columns, const Rows& rows) {
  return rows.empty() ? std::string() : fmt::format("\n{}\n{}", title, render_table(columns, rows));
}

std::string joined(std::initializer_list<std::string> words) {
  std::string out;
  for (const auto& word : words) {
    if (!word.empty()) out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

std::string identity(const Json& inventory) {
  const Json& smbios = member(inventory, "smbios");
  return section("IDENTITY",
                 {{"system", joined({text_of(smbios, "manufacturer"), text_of(smbios, "product")})},
                  {"serial", text_of(smbios, "serial")},
                  {"board serial", text_of(smbios, "board_serial")},
                  {"chassis serial", text_of(smbios, "chassis_serial")},
                  {"uuid", text_of(smbios, "uuid")},
                  {"boots as", text_of(inventory, "boot_firmware")}});
}

std::string cpu(const Json& inventory) {
  const Json& seen = member(inventory, "cpu");
  const auto flags = text_of(seen, "flags");
  const auto count = flags.empty() ? 0 : 1 + std::ranges::count(flags, ' ');
  return section("CPU", {{"model", joined({text_of(seen, "model"), text_of(seen, "architecture")})},
                         {"count", fmt::format("{} sockets, {} cores, {} threads", number_of(seen, "sockets"),
                                               number_of(seen, "cores"), number_of(seen, "threads"))},
                         {"flags", count == 0 ? "" : fmt::format("{} (all of them: --output json)", count)}});
}

std::string memory(const Json& inventory) {
  std::string out = section("MEMORY", {{"total", memory_text(number_of(inventory, "memory_bytes"))}});
  Rows rows;
  for (const auto& dimm : member(inventory, "dimms")) {
    const auto speed = number_of(dimm, "speed_mts");
    rows.push_back({text_of(dimm, "locator"), memory_text(number_of(dimm, "size_bytes")),
                    text_of(dimm, "type"), speed == 0 ? "" : fmt::format("{}", speed),
                    text_of(dimm, "manufacturer"), text_of(dimm, "part"), text_of(dimm, "serial")});
  }
  return out + render_table({{"SLOT", Align::left, 8},
                             {"SIZE", Align::right, 8},
                             {"TYPE"},
                             {"MT/S", Align::right},
                             {"MAKER", Align::left, 6},
                             {"PART", Align::left, 8},
                             {"SERIAL", Align::left, 8}},
                            rows);
}

std::string network(const Json& inventory) {
  Rows rows;
  Rows neighbours;
  for (const auto& nic : member(inventory, "nics")) {
    const bool up = core::json_bool(nic, "link_up").value_or(false);
    const bool booted = text_of(nic, "mac") == text_of(inventory, "boot_mac");
    rows.push_back({text_of(nic, "name"), text_of(nic, "mac"), up ? "up" : "down", text_of(nic, "speed_mbps"),
                    booted ? "yes" : "", text_of(nic, "driver"), text_of(nic, "firmware"),
                    text_of(nic, "pci_address")});
    const Json& lldp = member(nic, "lldp");
    if (!lldp.is_object()) continue;
    const std::string system = text_of(lldp, "system_name");
    neighbours.push_back({text_of(nic, "name"), system.empty() ? text_of(lldp, "chassis_id") : system,
                          text_of(lldp, "port_id"), text_of(lldp, "port_description"), text_of(lldp, "vlan"),
                          text_of(lldp, "heard_at")});
  }
  std::string out = section("NETWORK",
                            {{"NIC", Align::left, 6},
                             {"MAC", Align::left, 17},
                             {"LINK"},
                             {"MBIT/S", Align::right, 6},
                             {"BOOT"},
                             {"DRIVER", Align::left, 8},
                             {"FIRMWARE", Align::left, 8},
                             {"PCI", Align::left, 12}},
                            rows);
  const auto table = render_table({{"NIC", Align::left, 6},
                                   {"SWITCH", Align::left, 12},
                                   {"PORT", Align::left, 12},
                                   {"DESCRIPTION", Align::left, 8},
                                   {"VLAN", Align::right},
                                   {"HEARD", Align::left, 10}},
                                  neighbours);
  return out + table;
}

std::string health_text(const Json& disk) {
  const Json& health = member(disk, "health");
  if (!health.is_object()) return "-";
  const std::string used = text_of(health, "percentage_used");
  return joined({text_of(health, "verdict"), used.empty() ? "" : used + "% used"});
}

std::string hidden_text(const Json& disk) {
  const Json& hidden = member(disk, "hidden");
  if (!hidden.is_object()) return "?";
  const auto total = number_of(hidden, "host_protected_bytes") + number_of(hidden, "configuration_bytes") +
                     number_of(hidden, "unallocated_bytes");
  return total == 0 ? "none" : capacity_text(total);
}

/// "sanitize-block, nvme-format"; how long an ATA erasure takes as the disk itself thinks.
std::string erase_text(const Json& disk) {
  std::string out;
  for (const auto& ability : member(disk, "erase")) {
    if (!ability.is_string()) continue;
    out += (out.empty() ? "" : ", ") + ability.get_ref<const std::string&>();
  }
  const auto minutes = number_of(disk, "secure_erase_minutes");
  if (minutes > 0) out += fmt::format(" ({} min)", minutes);
  return out;
}

/// What does not fit a column.
Pairs disk_remarks(const Json& disk) {
  const bool removable = core::json_bool(disk, "removable").value_or(false);
  const bool read_only = core::json_bool(disk, "read_only").value_or(false);
  const Json& id = member(disk, "id");
  Pairs pairs{{"wwn", text_of(id, "serial").empty() ? "" : text_of(id, "wwn")},
              {"is", joined({removable ? "removable" : "", read_only ? "read-only" : ""})},
              {"erase", erase_text(disk)}};
  if (const auto raid = text_of(disk, "raid"); !raid.empty()) {
    pairs.emplace_back("made by", raid + ": a RAID volume; the disks behind it are not seen");
  }
  std::string paths;
  for (const auto& path : member(disk, "paths")) {
    if (path.is_string()) paths += (paths.empty() ? "" : ", ") + path.get_ref<const std::string&>();
  }
  pairs.emplace_back("also as", paths);
  const Json& health = member(disk, "health");
  pairs.emplace_back("health", text_of(health, "reason"));
  const auto hours = text_of(health, "power_on_hours");
  const auto celsius = text_of(health, "temperature_celsius");
  const auto errors = number_of(health, "media_errors");
  pairs.emplace_back("has seen",
                     joined({hours.empty() ? "" : hours + " h on", celsius.empty() ? "" : celsius + " C",
                             errors == 0 ? "" : fmt::format("{} media errors", errors)}));
  std::erase_if(pairs, [](const auto& pair) { return pair.second.empty(); });
  return pairs;
}

std::string disks(const Json& inventory) {
  Rows rows;
  std::string remarks;
  for (const auto& disk : member(inventory, "disks")) {
    const Json& id = member(disk, "id");
    const std::string serial = text_of(id, "serial");
    const bool spins = core::json_bool(disk, "rotational").value_or(false);
    const std::string content = text_of(disk, "content");
    rows.push_back({serial.empty() ? text_of(id, "wwn") : serial, text_of(disk, "model"),
                    joined({text_of(disk, "transport"), spins ? "hdd" : "ssd"}),
                    capacity_text(number_of(disk, "size_bytes")), content.empty() ? "-" : content,
                    health_text(disk), hidden_text(disk), text_of(disk, "device")});
    const Pairs about = disk_remarks(disk);
    if (!about.empty()) {
      remarks += fmt::format("\n{} {}\n", terminal_text(text_of(disk, "device")),
                             terminal_text(serial.empty() ? text_of(id, "wwn") : serial)) +
                 render_pairs(about);
    }
  }
  return section("DISKS",
                 {{"SERIAL", Align::left, 12},
                  {"MODEL", Align::left, 8},
                  {"BUS", Align::left, 8},
                  {"SIZE", Align::right, 8},
                  {"CARRIES", Align::left, 7},
                  {"HEALTH", Align::left, 7},
                  {"HIDDEN", Align::right, 6},
                  {"DEVICE", Align::left, 6}},
                 rows) +
         remarks;
}

/// PCI Code and ID Assignment Specification 1.15: the classes that scout keeps.
std::string_view class_name(std::uint64_t device_class) {
  struct Known {
    unsigned code;
    std::string_view name;
  };
  static constexpr std::array<Known, 12> exact{{{0x0101, "IDE controller"},
                                                {0x0104, "RAID controller"},
                                                {0x0106, "SATA controller"},
                                                {0x0107, "SAS controller"},
                                                {0x0108, "NVMe disk"},
                                                {0x0200, "Ethernet"},
                                                {0x0207, "InfiniBand"},
                                                {0x0300, "display"},
                                                {0x0302, "GPU (3D)"},
                                                {0x0b40, "co-processor"},
                                                {0x0c06, "InfiniBand"},
                                                {0x1200, "accelerator"}}};
  static constexpr std::array<Known, 9> base{{{0x00, "unclassified"},
                                              {0x01, "storage"},
                                              {0x02, "network"},
                                              {0x03, "display"},
                                              {0x04, "multimedia"},
                                              {0x07, "communication"},
                                              {0x0b, "processor"},
                                              {0x10, "encryption"},
                                              {0x12, "accelerator"}}};
  for (const auto& known : exact) {
    if (known.code == device_class >> 8) return known.name;
  }
  for (const auto& known : base) {
    if (known.code == device_class >> 16) return known.name;
  }
  return "other";
}

std::string devices(const Json& inventory, std::string_view pci_ids) {
  const Json& listed = member(inventory, "devices");
  std::vector<PciId> ids;
  for (const auto& device : listed) {
    ids.push_back({static_cast<std::uint16_t>(number_of(device, "vendor")),
                   static_cast<std::uint16_t>(number_of(device, "device"))});
  }
  const auto names = pci_names(pci_ids, ids);
  std::vector<Column> columns{{"PCI", Align::left, 12},
                              {"WHAT", Align::left, 16},
                              {"ID", Align::left, 9},
                              {"SUBSYSTEM", Align::left, 9},
                              {"DRIVER", Align::left, 8}};
  const bool named = std::ranges::any_of(names, [](const auto& name) { return !name.empty(); });
  if (named) columns.push_back({"NAME", Align::left, 20});
  Rows rows;
  for (const auto& device : listed) {
    const auto code = number_of(device, "class");
    rows.push_back({text_of(device, "address"), std::string(class_name(code)),
                    fmt::format("{:04x}:{:04x}", number_of(device, "vendor"), number_of(device, "device")),
                    fmt::format("{:04x}:{:04x}", number_of(device, "subsystem_vendor"),
                                number_of(device, "subsystem_device")),
                    text_of(device, "driver")});
    if (named) rows.back().push_back(names[rows.size() - 1]);
  }
  return section("DEVICES", columns, rows);
}

std::string firmware(const Json& inventory) {
  const Json& smbios = member(inventory, "smbios");
  const Json& bmc = member(inventory, "bmc");
  const Json& tpm = member(inventory, "tpm");
  return section(
      "FIRMWARE",
      {{"bios", joined({text_of(smbios, "bios_vendor"), text_of(smbios, "bios_version"),
                        text_of(smbios, "bios_date")})},
       {"bmc, seen from inside",
        joined({text_of(bmc, "firmware_revision"), text_of(bmc, "address"), text_of(bmc, "mac")})},
       {"tpm", joined({text_of(tpm, "version"), text_of(tpm, "manufacturer"), text_of(tpm, "firmware")})}});
}

}  // namespace

std::string inventory_sections(const Json& inventory, std::string_view pci_ids) {
  return identity(inventory) + cpu(inventory) + memory(inventory) + network(inventory) + disks(inventory) +
         devices(inventory, pci_ids) + firmware(inventory);
}

}  // namespace colony::daemon::cli
