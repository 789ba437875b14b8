#include "workflows/desk/machine_config.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/yaml.hpp"
#include "workflows/wipe/disk_choice.hpp"

namespace colony::workflows {

namespace {

constexpr std::string_view serial_mark = "${install_disk_serial}";
constexpr std::string_view wwid_mark = "${install_disk_wwid}";

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

core::Result<core::Secret> finish_machine_config(const core::Secret& config,
                                                 const std::optional<drivers::scout::Disk>& disk,
                                                 const drivers::scout::Inventory* inventory) {
  const std::string_view text = config.reveal();
  if (text.empty()) return refuse("provision.config_empty", "the machine config is empty");
  if (text.size() > max_machine_config) {
    return refuse("provision.config_too_large",
                  fmt::format("a machine config has at most {} bytes, this one has {}", max_machine_config,
                              text.size()));
  }
  if (auto good = check_form(text); !good) return std::unexpected(good.error());
  const bool asks = text.contains(serial_mark) || text.contains(wwid_mark);
  if (!disk) {
    if (asks)
      return refuse("provision.disk_not_given",
                    "the machine config asks for an install disk; name it with --disk");
    return config.clone();
  }
  if (!asks) {
    return refuse("provision.disk_not_used",
                  "the machine config does not ask for the disk: write ${install_disk_serial} or "
                  "${install_disk_wwid} into machine.install.diskSelector");
  }
  std::string filled(text);
  const std::array<std::pair<std::string_view, std::string_view>, 2> marks{
      {{serial_mark, disk->id.serial}, {wwid_mark, disk->id.wwn}}};
  for (const auto& [mark, value] : marks) {
    if (!filled.contains(mark)) continue;
    if (!is_plain(value)) {
      core::wipe_text(filled);
      return refuse("provision.disk_unnamed",
                    fmt::format("the disk's {} is '{}', which cannot stand in a machine config",
                                mark == serial_mark ? "serial" : "WWN", core::printable(value)));
    }
    // Talos takes the first disk that its selector fits.
    const auto& by = mark == serial_mark ? &drivers::scout::DiskId::serial : &drivers::scout::DiskId::wwn;
    const auto fits = [&](const auto& other) { return other.id.*by == value; };
    if (inventory != nullptr && std::ranges::count_if(inventory->disks, fits) > 1) {
      core::wipe_text(filled);
      return core::fail(core::ErrorKind::refused, "provision.disk_ambiguous",
                        fmt::format("more than one disk of this machine has the {} '{}': name it by {} in "
                                    "machine.install.diskSelector",
                                    mark == serial_mark ? "serial" : "WWN", value,
                                    mark == serial_mark ? wwid_mark : serial_mark));
    }
    replace_all(filled, mark, value);
  }
  core::Secret finished(filled);
  core::wipe_text(filled);
  return finished;
}

}  // namespace colony::workflows
