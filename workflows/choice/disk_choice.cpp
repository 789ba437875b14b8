#include "workflows/choice/disk_choice.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "workflows/choice/rule.hpp"

namespace colony::workflows {

using core::ErrorKind;
using core::Result;
using drivers::scout::Disk;

namespace {

constexpr std::array<std::string_view, 2> extremes{"smallest", "largest"};

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 10> units{{{"", 1},
                                                                              {"B", 1},
                                                                              {"KB", 1'000},
                                                                              {"MB", 1'000'000},
                                                                              {"GB", 1'000'000'000},
                                                                              {"TB", 1'000'000'000'000},
                                                                              {"KiB", 1ULL << 10},
                                                                              {"MiB", 1ULL << 20},
                                                                              {"GiB", 1ULL << 30},
                                                                              {"TiB", 1ULL << 40}}};
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : units) {
    if (name == unit && number <= (1ULL << 62) / factor) return number * factor;
  }
  return std::nullopt;
}

bool has_name(const Disk& disk) {
  return !disk.id.serial.empty() || !disk.id.wwn.empty();
}

std::vector<std::string> texts_of(const std::vector<Disk>& disks) {
  std::vector<std::string> texts;
  texts.reserve(disks.size());
  for (const auto& disk : disks) {
    const auto has_its_serial = [&disk](const Disk& other) { return other.id.serial == disk.id.serial; };
    const bool shares = !disk.id.wwn.empty() && std::ranges::count_if(disks, has_its_serial) > 1;
    texts.push_back(disk_text(disk) + (shares ? ", " + disk.id.wwn : ""));
  }
  return texts;
}

const std::string* text_under(std::string_view key, const Disk& disk) {
  if (key == "serial") return &disk.id.serial;
  if (key == "wwn") return &disk.id.wwn;
  if (key == "model") return &disk.model;
  if (key == "transport") return &disk.transport;
  if (key == "content") return &disk.content;
  return nullptr;
}

/// Whether a disk is what a term wants; nullopt: it is no term of a disk rule.
std::optional<bool> is_wanted(const Term& term, const Disk& disk) {
  if (term.key == "size") {
    const auto size = parse_size(term.value);
    if (!size) return std::nullopt;
    return holds(term.relation, disk.size_bytes, *size);
  }
  if (term.relation != Relation::equal) return std::nullopt;
  if (term.key == "content" && term.value == "none") return disk.content.empty();
  if (const std::string* const text = text_under(term.key, disk)) return fits(term.value, *text);
  const auto yes = parse_yes(term.value);
  if (yes && term.key == "rotational") return disk.rotational == *yes;
  if (yes && term.key == "raid") return !disk.raid.empty() == *yes;
  return std::nullopt;
}

bool narrow(const std::vector<Disk>& disks, const Term& term, Positions& left) {
  if (std::ranges::find(extremes, term.key) != extremes.end() && term.relation == Relation::none) {
    const auto size_of = [&disks](std::size_t i) { return disks[i].size_bytes; };
    if (left.empty()) return true;
    const auto [least, most] = std::ranges::minmax(left, {}, size_of);
    const auto wanted = size_of(term.key == "smallest" ? least : most);
    std::erase_if(left, [&](std::size_t i) { return size_of(i) != wanted; });
    return true;
  }
  if (!is_wanted(term, Disk{})) return false;
  std::erase_if(left, [&](std::size_t i) { return !is_wanted(term, disks[i]).value_or(false); });
  return true;
}

Result<Disk> disk_by_rule(const drivers::scout::Inventory& inventory, std::string_view rule,
                          std::string_view purpose) {
  std::vector<Disk> disks;
  for (const auto& disk : inventory.disks) {
    if (!disk.removable && !disk.read_only && disk.size_bytes > 0 && has_name(disk)) disks.push_back(disk);
  }
  const auto chosen = choose_by_rule(
      {.noun = "disk",
       .terms = "serial=, wwn=, model=, transport=, content=, size=, size>=, size<=, rotational=yes|no, "
                "raid=yes|no, smallest, largest",
       .extremes = extremes,
       .candidates = texts_of(disks),
       .narrow = [&disks](const Term& term, Positions& left) { return narrow(disks, term, left); }},
      rule, purpose);
  if (!chosen) return std::unexpected(chosen.error());
  return std::move(disks[*chosen]);
}

/// lsblk and smartctl write naa.5000c500a1b2c3d4 as 0x5000c500a1b2c3d4.
std::string wwn_of(std::string_view wanted) {
  if (!wanted.starts_with("0x")) return std::string(wanted);
  std::string wwn("naa.");
  std::ranges::transform(wanted.substr(2), std::back_inserter(wwn), lower);
  return wwn;
}

const Disk* under_name(const drivers::scout::Inventory& inventory, std::string_view device) {
  if (device.starts_with("/dev/")) device.remove_prefix(5);
  for (const auto& disk : inventory.disks) {
    if (!device.empty() &&
        (disk.device == device || std::ranges::find(disk.paths, device) != disk.paths.end()))
      return &disk;
  }
  return nullptr;
}

}  // namespace

std::string disk_text(const Disk& disk) {
  const auto bytes = static_cast<double>(disk.size_bytes);
  const std::string size = bytes >= 1e12  ? fmt::format("{:.2f} TB", bytes / 1e12)
                           : bytes >= 1e9 ? fmt::format("{:.1f} GB", bytes / 1e9)
                                          : fmt::format("{:.1f} MB", bytes / 1e6);
  return fmt::format("{} {}, {}{}{}", disk.model.empty() ? "disk" : disk.model,
                     !disk.id.serial.empty() ? disk.id.serial
                     : disk.id.wwn.empty()   ? "without a name"
                                             : disk.id.wwn,
                     size, disk.transport.empty() ? "" : ", ", disk.transport);
}

Result<Disk> choose_disk(const drivers::scout::Inventory& inventory, std::string_view wanted,
                         std::string_view purpose) {
  std::vector<Disk> named;
  const std::string wwn = wwn_of(wanted);
  for (const auto& disk : inventory.disks) {
    if (!wanted.empty() && (disk.id.serial == wanted || disk.id.wwn == wwn)) named.push_back(disk);
  }
  if (named.size() == 1) return named.front();
  if (named.size() > 1) {
    return refuse(ErrorKind::refused, purpose, "disk_ambiguous",
                  fmt::format("'{}' names more than one disk of this asset: {}", core::printable(wanted),
                              list_of(texts_of(named))));
  }
  if (is_rule(wanted, extremes)) return disk_by_rule(inventory, wanted, purpose);
  const Disk* const now = under_name(inventory, wanted);
  if (wanted.starts_with("/dev/") || now != nullptr) {
    return refuse(
        ErrorKind::invalid_input, purpose, "disk_kernel_name",
        fmt::format("'{}' may be another disk at the next boot: name disks by serial, WWN or rule{}",
                    core::printable(wanted),
                    now == nullptr ? "" : "; when last seen it was " + disk_text(*now)));
  }
  return refuse(ErrorKind::not_found, purpose, "unknown_disk",
                fmt::format("no disk of this asset has the serial or WWN '{}'; there are: {}",
                            core::printable(wanted), list_of(texts_of(inventory.disks))));
}

Result<Disk> disk_of_device(const drivers::scout::Inventory& inventory, std::string_view device,
                            std::string_view purpose) {
  const Disk* const found = under_name(inventory, device);
  if (found == nullptr) {
    return refuse(ErrorKind::not_found, purpose, "unknown_disk",
                  fmt::format("when this asset was last looked at it had no disk {}; there are: {}",
                              core::printable(device), list_of(texts_of(inventory.disks))));
  }
  if (!has_name(*found) || std::ranges::count(inventory.disks, found->id, &Disk::id) > 1) {
    return refuse(ErrorKind::refused, purpose, "disk_unidentified",
                  fmt::format("{} has no serial or WWN of its own: it could be another disk at the next boot",
                              core::printable(device)));
  }
  return *found;
}

}  // namespace colony::workflows
