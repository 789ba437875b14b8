#include "workflows/desk/machine_config.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/yaml.hpp"
#include "workflows/choice/disk_choice.hpp"
#include "workflows/choice/nic_choice.hpp"

namespace colony::workflows {

namespace {

constexpr std::size_t max_filled = 2 * max_machine_config;

std::unexpected<core::Error> refuse(const char* code, std::string message) {
  return core::fail(core::ErrorKind::invalid_input, code, std::move(message));
}

using Documents = std::vector<core::YamlNode>;

/// The `machine` of a document that is a machine config.
const core::YamlNode* machine_of(const core::YamlNode& document) {
  const auto* version = document.find("version");
  const auto* machine = document.find("machine");
  const bool is_one = version != nullptr && version->text == "v1alpha1" && machine != nullptr &&
                      machine->kind == core::YamlNode::Kind::map;
  return is_one ? machine : nullptr;
}

/// The texts of all keys and values.
std::vector<std::string_view> texts_in(const Documents& documents) {
  std::vector<std::string_view> texts;
  std::vector<const core::YamlNode*> left;
  for (const auto& document : documents) left.push_back(&document);
  while (!left.empty()) {
    const core::YamlNode& node = *left.back();
    left.pop_back();
    if (!node.text.empty()) texts.emplace_back(node.text);
    for (const auto& key : node.keys) texts.emplace_back(key.text);
    for (const auto& item : node.items) left.push_back(&item);
  }
  return texts;
}

std::string_view text_at(const core::YamlNode* map, std::string_view key) {
  const auto* value = map == nullptr ? nullptr : map->find(key);
  return value == nullptr ? std::string_view() : std::string_view(value->text);
}

/// Talos installs on the first disk that its selector fits, whatever else the config says of disks.
core::Result<> check_disk(const core::YamlNode& machine, const drivers::scout::Disk& disk,
                          const drivers::scout::Inventory* inventory) {
  const auto* install = machine.find("install");
  const auto* selector = install == nullptr ? nullptr : install->find("diskSelector");
  const auto serial = text_at(selector, "serial");
  const auto wwid = text_at(selector, "wwid");
  const bool names_it = (!serial.empty() || !wwid.empty()) && (serial.empty() || serial == disk.id.serial) &&
                        (wwid.empty() || wwid == disk.id.wwn);
  if (!names_it) {
    return refuse(
        "provision.disk_not_used",
        "the machine config does not name the disk where Talos looks: write serial: "
        "\"${install_disk_serial}\" or wwid: \"${install_disk_wwid}\" into machine.install.diskSelector");
  }
  for (const auto value : {serial, wwid}) {
    if (value.empty() || is_plain(value)) continue;
    return refuse("provision.disk_unnamed",
                  fmt::format("'{}' in diskSelector would be read as a pattern: name the "
                              "disk by its other name",
                              core::printable(value)));
  }
  const auto fits = [&](const drivers::scout::Disk& other) {
    return (serial.empty() || serial == other.id.serial) && (wwid.empty() || wwid == other.id.wwn);
  };
  if (inventory != nullptr && std::ranges::count_if(inventory->disks, fits) > 1) {
    return core::fail(core::ErrorKind::refused, "provision.disk_ambiguous",
                      fmt::format("more than one disk of this machine has the {} '{}': name it by {} too in "
                                  "machine.install.diskSelector",
                                  serial.empty() ? "WWN" : "serial", serial.empty() ? wwid : serial,
                                  serial.empty() ? "serial" : "wwid"));
  }
  return {};
}

core::Result<> check_nics(const std::vector<std::string_view>& texts,
                          const std::vector<drivers::scout::Nic>& nics) {
  for (std::size_t i = 0; i < nics.size(); ++i) {
    const auto mac = nics[i].mac.to_string();
    if (std::ranges::any_of(texts, [&mac](std::string_view text) { return text.contains(mac); })) continue;
    return refuse("provision.nic_not_used",
                  fmt::format("the machine config does not name NIC {}: write {} into its deviceSelector",
                              i + 1, nic_mark(i)));
  }
  return {};
}

/// What can be said of a config that is not read here: nothing, unless something was ordered of it.
core::Result<> judge_unread(std::string_view text, const core::YamlFault& fault, const InstallParts& parts) {
  // An unfilled mark without quotes may be what does not parse.
  if (auto why = unfilled_mark(text)) return std::unexpected(std::move(*why));
  if (!fault.refused) {
    return refuse("provision.config_not_yaml",
                  fmt::format("the machine config does not parse: line {}: {}", fault.line, fault.message));
  }
  if (!parts.disk && parts.nics.empty()) return {};
  return refuse("provision.config_not_followed",
                fmt::format("line {}: {}: whether the machine config names what was ordered cannot be seen; "
                            "write it out without anchors, aliases and tags",
                            fault.line, fault.message));
}

/// What can be said of a machine config without Talos' own schema. One with anchors or tags, which are not
/// followed here, is the node's to judge.
core::Result<> judge(std::string_view text, const InstallParts& parts,
                     const drivers::scout::Inventory* inventory) {
  constexpr std::size_t most_documents = 64;
  const auto documents = core::parse_yaml_documents(text, most_documents, {.bytes = max_filled, .depth = 48});
  if (!documents) return judge_unread(text, documents.error(), parts);
  const auto texts = texts_in(*documents);
  for (const auto one : texts) {
    if (auto why = unfilled_mark(one)) return std::unexpected(std::move(*why));
  }
  bool is_talos = false;
  for (const auto& document : *documents) {
    const auto* machine = machine_of(document);
    if (machine == nullptr) continue;
    is_talos = true;
    if (!parts.disk) continue;
    if (auto named = check_disk(*machine, *parts.disk, inventory); !named) return named;
  }
  if (!is_talos) {
    return refuse("provision.config_not_talos",
                  "this is no Talos machine config: none of its documents has `version: v1alpha1` and a "
                  "`machine:` section; make one with: talosctl gen config");
  }
  return check_nics(texts, parts.nics);
}

}  // namespace

core::Result<std::optional<drivers::scout::Disk>> install_disk(const drivers::scout::Inventory& inventory,
                                                               const std::string& disk,
                                                               const std::string& device) {
  std::optional<drivers::scout::Disk> chosen;
  if (!disk.empty()) {
    auto found = choose_disk(inventory, disk, "provision");
    if (!found) return std::unexpected(found.error());
    chosen = std::move(*found);
  }
  if (device.empty()) return chosen;
  auto found = disk_of_device(inventory, device, "provision");
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
  if (order.disk.empty() && order.disk_device.empty() && order.nics.empty()) return InstallParts{};
  if (inventory == nullptr) {
    return core::fail(core::ErrorKind::refused, "provision.no_inventory",
                      "the disks and NICs of this asset are not known; discover it first");
  }
  auto disk = install_disk(*inventory, order.disk, order.disk_device);
  if (!disk) return std::unexpected(disk.error());
  auto nics = choose_nics(*inventory, order.nics, "provision");
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
  auto filled = fill_marks(text, parts);
  if (!filled) return std::unexpected(filled.error());
  const auto good = judge(*filled, parts, inventory);
  core::Secret finished(*filled);
  core::wipe_text(*filled);
  if (!good) return std::unexpected(good.error());
  return finished;
}

}  // namespace colony::workflows
