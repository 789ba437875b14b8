#include "hw-sim/talos/talos_node.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fnmatch.h>

#include "core/yaml.hpp"

namespace colony::hw_sim {

namespace {

constexpr std::string_view marker_magic = "colony-sim-bootable ";

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) out.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

bool matches(const std::string& pattern, const std::string& value) {
  return pattern.empty() || fnmatch(pattern.c_str(), value.c_str(), 0) == 0;
}

std::string text(const core::YamlNode& map, std::string_view key) {
  const core::YamlNode* const value = map.find(key);
  return value == nullptr ? std::string() : value->text;
}

/// The install part of one document; nullopt when the document is no machine config.
std::optional<TalosInstall> read_document(const core::YamlNode& document) {
  const core::YamlNode* const machine = document.find("machine");
  if (text(document, "version") != "v1alpha1" || machine == nullptr ||
      machine->kind != core::YamlNode::Kind::map) {
    return std::nullopt;
  }
  TalosInstall out;
  const core::YamlNode* const install = machine->find("install");
  if (install == nullptr) return out;
  out.disk = text(*install, "disk");
  const core::YamlNode* const selector = install->find("diskSelector");
  if (selector != nullptr && selector->kind == core::YamlNode::Kind::map) {
    out.selector =
        TalosInstall::Selector{text(*selector, "serial"), text(*selector, "wwid"), text(*selector, "model")};
  }
  return out;
}

/// Takes the first document off a stream. Split here, at lines of "---", because yaml-cpp 0.7 goes on for
/// ever over some streams of several (LoadAll of ",k1}\xf6'").
std::string_view take_document(std::string_view& stream) {
  constexpr std::string_view mark = "---";
  std::size_t at = 0;
  while (at < stream.size()) {
    const std::size_t end = std::min(stream.find('\n', at), stream.size());
    const std::string_view line = stream.substr(at, end - at);
    const bool is_mark = line.starts_with(mark) && line.find_first_not_of(" \r", mark.size()) == line.npos;
    if (is_mark && at > 0) break;
    at = std::min(end + 1, stream.size());
  }
  const std::string_view document = stream.substr(0, at);
  stream.remove_prefix(at);
  return document;
}

}  // namespace

core::Result<TalosArguments> parse_talos_arguments(std::string_view command_line) {
  const auto arguments = words(command_line);
  const auto has = [&](std::string_view word) {
    return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
  };
  if (!has("talos.platform=metal")) {
    return core::fail(core::ErrorKind::invalid_input, "talos.not_metal", "no talos.platform=metal");
  }
  // pkg/kernel/kspp: machined refuses to start without these two.
  for (const std::string_view needed : {"slab_nomerge", "pti=on"}) {
    if (!has(needed) && !has(std::string(needed) + "=")) {
      return core::fail(core::ErrorKind::invalid_input, "talos.arguments",
                        fmt::format("mandatory kernel argument {} is missing", needed));
    }
  }
  constexpr std::string_view key = "talos.config=";
  for (const std::string_view word : arguments) {
    if (word.starts_with(key)) return TalosArguments{std::string(word.substr(key.size()))};
  }
  return core::fail(core::ErrorKind::invalid_input, "talos.config", "no talos.config= to fetch");
}

core::Result<TalosInstall> parse_talos_config(std::string_view config) {
  std::optional<TalosInstall> install;
  for (std::string_view rest = config; !rest.empty();) {
    const auto document = core::parse_yaml(take_document(rest), {.bytes = 1 << 20, .depth = 32});
    if (!document) {
      return core::fail(core::ErrorKind::corrupt, "talos.yaml", document.error().message);
    }
    if (!install) install = read_document(*document);
  }
  if (install) {
    install->config = core::sha256(config);
    return *install;
  }
  return core::fail(core::ErrorKind::invalid_input, "talos.incomplete",
                    "no v1alpha1 document with a machine section");
}

std::optional<std::size_t> choose_disk(const TalosInstall& install,
                                       const std::vector<const DiskModel*>& disks,
                                       const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < disks.size(); ++i) {
    const DiskModel& disk = *disks[i];
    if (install.selector) {  // wins over `disk`
      const auto& wanted = *install.selector;
      if (matches(wanted.serial, disk.serial) && matches(wanted.wwid, disk.wwn) &&
          matches(wanted.model, disk.model)) {
        return i;
      }
    } else if (install.disk.empty() || install.disk == "/dev/" + names[i] ||
               (install.disk.starts_with("/dev/disk/by-id/") && !disk.serial.empty() &&
                install.disk.ends_with(disk.serial))) {
      return i;
    }
  }
  return std::nullopt;
}

core::Result<> write_marker(SimDisk& disk, const InstalledMarker& marker) {
  std::string block = fmt::format("{}{} {}\n", marker_magic, marker.system, marker.detail);
  block.resize(std::max<std::size_t>(disk.logical_block_bytes(), 512), '\0');
  return disk.write(0, core::as_bytes(block));
}

std::optional<InstalledMarker> read_marker(const SimDisk& disk) {
  const core::Bytes block = disk.peek(0, 512);
  std::string_view line = core::as_text(block);
  if (!line.starts_with(marker_magic)) return std::nullopt;
  line.remove_prefix(marker_magic.size());
  line = line.substr(0, line.find('\n'));
  const std::size_t blank = std::min(line.find(' '), line.size());
  return InstalledMarker{std::string(line.substr(0, blank)),
                         std::string(line.substr(std::min(blank + 1, line.size())))};
}

}  // namespace colony::hw_sim
