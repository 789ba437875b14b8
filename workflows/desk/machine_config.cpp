#include "workflows/desk/machine_config.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/yaml.hpp"
#include "workflows/choice/disk_choice.hpp"
#include "workflows/choice/nic_choice.hpp"

namespace colony::workflows {

namespace {

constexpr std::string_view serial_mark = "${install_disk_serial}";
constexpr std::string_view wwid_mark = "${install_disk_wwid}";

std::string nic_mark(std::size_t position) {
  return position == 0 ? "${install_nic_mac}" : fmt::format("${{install_nic_{}_mac}}", position + 1);
}

void replace_all(std::string& text, std::string_view mark, std::string_view value) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
}

/// What firmware says stands inside a YAML value: only what needs no quoting.
bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-").contains(c);
  });
}

std::unexpected<core::Error> refuse(const char* code, std::string message) {
  return core::fail(core::ErrorKind::invalid_input, code, std::move(message));
}

/// What can be said of a machine config without Talos' own schema: it is YAML, and one of its documents is
/// the machine's. One with anchors or tags, which are not followed here, is the node's to judge.
core::Result<> check_form(std::string_view text) {
  constexpr std::size_t most_documents = 64;
  const auto documents =
      core::parse_yaml_documents(text, most_documents, {.bytes = max_machine_config, .depth = 48});
  if (!documents && documents.error().refused) return {};
  if (!documents) {
    return refuse("provision.config_not_yaml",
                  fmt::format("the machine config does not parse: line {}: {}", documents.error().line,
                              documents.error().message));
  }
  const bool has_machine = std::ranges::any_of(*documents, [](const core::YamlNode& document) {
    const auto* version = document.find("version");
    const auto* machine = document.find("machine");
    return version != nullptr && version->text == "v1alpha1" && machine != nullptr &&
           machine->kind == core::YamlNode::Kind::map;
  });
  if (has_machine) return {};
  return refuse("provision.config_not_talos",
                "this is no Talos machine config: none of its documents has `version: v1alpha1` and a "
                "`machine:` section; make one with: talosctl gen config");
}

/// A config that asks for a disk and an order that names one belong together.
core::Result<> check_disk_asked(std::string_view text, bool given) {
  const bool asks = text.contains(serial_mark) || text.contains(wwid_mark);
  if (asks && !given) {
    return refuse("provision.disk_not_given",
                  "the machine config asks for an install disk; name it with --disk");
  }
  if (given && !asks) {
    return refuse("provision.disk_not_used",
                  "the machine config does not ask for the disk: write ${install_disk_serial} or "
                  "${install_disk_wwid} into machine.install.diskSelector");
  }
  return {};
}

core::Result<> check_nics_asked(std::string_view text, std::size_t given) {
  for (std::size_t i = 0; i < max_chosen_nics; ++i) {
    const auto mark = nic_mark(i);
    const bool asks = text.contains(mark);
    if (asks && i >= given) {
      return refuse(
          "provision.nic_not_given",
          fmt::format("the machine config asks for {}, and the order names {} NICs: name one more with "
                      "--nic",
                      mark, given));
    }
    if (i < given && !asks) {
      return refuse(
          "provision.nic_not_used",
          fmt::format("the machine config does not ask for NIC {}: write {} into its deviceSelector", i + 1,
                      mark));
    }
  }
  return {};
}

/// A slip such as ${install_disk_wwn} would reach the node as it is.
core::Result<> check_no_mark_left(std::string_view text) {
  for (const std::string_view start : {"${install_disk_", "${install_nic_"}) {
    const auto at = text.find(start);
    if (at == std::string_view::npos) continue;
    const auto mark = text.substr(at, std::min(text.find('}', at), at + 40) - at + 1);
    return refuse("provision.mark_unknown",
                  fmt::format("'{}' in the machine config stands for nothing; known are {}, {}, {}, {}",
                              core::printable(mark), serial_mark, wwid_mark, nic_mark(0), nic_mark(1)));
  }
  return {};
}

core::Result<> fill_disk(std::string& text, const drivers::scout::Disk& disk,
                         const drivers::scout::Inventory* inventory) {
  const std::array<std::pair<std::string_view, std::string_view>, 2> marks{
      {{serial_mark, disk.id.serial}, {wwid_mark, disk.id.wwn}}};
  for (const auto& [mark, value] : marks) {
    if (!text.contains(mark)) continue;
    if (!is_plain(value)) {
      return refuse("provision.disk_unnamed",
                    fmt::format("the disk's {} is '{}', which cannot stand in a machine config",
                                mark == serial_mark ? "serial" : "WWN", core::printable(value)));
    }
    // Talos takes the first disk that its selector fits.
    const auto& by = mark == serial_mark ? &drivers::scout::DiskId::serial : &drivers::scout::DiskId::wwn;
    const auto fits = [&](const auto& other) { return other.id.*by == value; };
    if (inventory != nullptr && std::ranges::count_if(inventory->disks, fits) > 1) {
      return core::fail(core::ErrorKind::refused, "provision.disk_ambiguous",
                        fmt::format("more than one disk of this machine has the {} '{}': name it by {} in "
                                    "machine.install.diskSelector",
                                    mark == serial_mark ? "serial" : "WWN", value,
                                    mark == serial_mark ? wwid_mark : serial_mark));
    }
    replace_all(text, mark, value);
  }
  return {};
}

core::Result<> fill(std::string& text, const InstallParts& parts,
                    const drivers::scout::Inventory* inventory) {
  if (parts.disk) {
    if (auto filled = fill_disk(text, *parts.disk, inventory); !filled) return filled;
  }
  for (std::size_t i = 0; i < parts.nics.size(); ++i) {
    replace_all(text, nic_mark(i), parts.nics[i].mac.to_string());
  }
  return check_no_mark_left(text);
}

}  // namespace

core::Result<std::optional<drivers::scout::Disk>> install_disk(const drivers::scout::Inventory* inventory,
                                                               const std::string& disk,
                                                               const std::string& device) {
  std::optional<drivers::scout::Disk> chosen;
  static const drivers::scout::Inventory nothing;
  const auto& seen = inventory == nullptr ? nothing : *inventory;
  if (!disk.empty()) {
    auto found = choose_disk(seen, disk, "provision");
    if (!found) return std::unexpected(found.error());
    chosen = std::move(*found);
  }
  if (device.empty()) return chosen;
  auto found = disk_of_device(seen, device, "provision");
  if (!found) return std::unexpected(found.error());
  if (chosen && chosen->id != found->id) {
    return core::fail(core::ErrorKind::refused, "provision.disk_device_changed",
                      fmt::format("{} is {} now, not {}: name the disk by serial or WWN alone",
                                  core::printable(device), disk_text(*found), disk_text(*chosen)));
  }
  return std::optional(std::move(*found));
}

core::Result<InstallParts> install_parts(const drivers::scout::Inventory* inventory,
                                         const ProvisionOrder& order) {
  auto disk = install_disk(inventory, order.disk, order.disk_device);
  if (!disk) return std::unexpected(disk.error());
  auto nics =
      choose_nics(inventory == nullptr ? drivers::scout::Inventory{} : *inventory, order.nics, "provision");
  if (!nics) return std::unexpected(nics.error());
  return InstallParts{std::move(*disk), std::move(*nics)};
}

core::Result<core::Secret> finish_machine_config(const core::Secret& config, const InstallParts& parts,
                                                 const drivers::scout::Inventory* inventory) {
  const std::string_view text = config.reveal();
  if (text.empty()) return refuse("provision.config_empty", "the machine config is empty");
  if (text.size() > max_machine_config) {
    return refuse("provision.config_too_large",
                  fmt::format("a machine config has at most {} bytes, this one has {}", max_machine_config,
                              text.size()));
  }
  if (auto good = check_form(text); !good) return std::unexpected(good.error());
  if (auto asked = check_disk_asked(text, parts.disk.has_value()); !asked)
    return std::unexpected(asked.error());
  if (auto asked = check_nics_asked(text, parts.nics.size()); !asked) return std::unexpected(asked.error());
  std::string filled(text);
  const auto good = fill(filled, parts, inventory);
  core::Secret finished(filled);
  core::wipe_text(filled);
  if (!good) return std::unexpected(good.error());
  return finished;
}

}  // namespace colony::workflows
