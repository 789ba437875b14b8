#include "workflows/wipe/disk_choice.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/bytes.hpp"

namespace colony::workflows {

using core::ErrorKind;
using core::Result;
using drivers::scout::Disk;

namespace {

constexpr std::size_t max_rule = 256;
constexpr std::size_t max_named = 8;  // candidates in a refusal

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// '*' and '?', without backtracking further than the last star: linear for patterns of one star.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

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

std::optional<bool> parse_yes(std::string_view text) {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  return std::nullopt;
}

bool has_name(const Disk& disk) {
  return !disk.id.serial.empty() || !disk.id.wwn.empty();
}

std::string list_of(const std::vector<Disk>& disks) {
  if (disks.empty()) return "none";
  std::string out;
  for (std::size_t i = 0; i < std::min(disks.size(), max_named); ++i) {
    out += (i == 0 ? "" : "; ") + disk_text(disks[i]);
  }
  if (disks.size() > max_named) out += fmt::format("; and {} more", disks.size() - max_named);
  return out;
}

std::unexpected<core::Error> refuse(ErrorKind kind, std::string_view purpose, std::string_view code,
                                    std::string message) {
  return core::fail(kind, fmt::format("{}.{}", purpose, code), std::move(message));
}

/// Takes away what one term does not want; false when the term is none.
bool apply(std::string_view term, std::vector<Disk>& disks) {
  if (term == "smallest" || term == "largest") {
    if (disks.empty()) return true;
    const auto [least, most] = std::ranges::minmax(disks, {}, &Disk::size_bytes);
    const auto wanted = term == "smallest" ? least.size_bytes : most.size_bytes;
    std::erase_if(disks, [wanted](const Disk& disk) { return disk.size_bytes != wanted; });
    return true;
  }
  const auto sign = term.find_first_of("=<>");
  if (sign == std::string_view::npos) return false;
  const auto key = term.substr(0, sign);
  const bool bound = term[sign] != '=';
  if (bound && (sign + 1 >= term.size() || term[sign + 1] != '=')) return false;
  const auto value = term.substr(sign + (bound ? 2 : 1));
  if (value.empty() || (bound && key != "size")) return false;
  if (key == "size") {
    const auto size = parse_size(value);
    if (!size) return false;
    const char relation = term[sign];
    std::erase_if(disks, [size, relation](const Disk& disk) {
      if (relation == '=') return disk.size_bytes != *size;
      return relation == '<' ? disk.size_bytes > *size : disk.size_bytes < *size;
    });
    return true;
  }
  if (key == "rotational" || key == "raid") {
    const auto yes = parse_yes(value);
    if (!yes) return false;
    const bool of_raid = key == "raid";
    std::erase_if(disks, [&yes, of_raid](const Disk& disk) {
      return (of_raid ? !disk.raid.empty() : disk.rotational) != *yes;
    });
    return true;
  }
  const auto keep = [&disks, value](auto text_of) {
    std::erase_if(disks, [&](const Disk& disk) { return !fits(value, text_of(disk)); });
    return true;
  };
  if (key == "serial") return keep([](const Disk& disk) -> const std::string& { return disk.id.serial; });
  if (key == "wwn") return keep([](const Disk& disk) -> const std::string& { return disk.id.wwn; });
  if (key == "model") return keep([](const Disk& disk) -> const std::string& { return disk.model; });
  if (key == "transport") return keep([](const Disk& disk) -> const std::string& { return disk.transport; });
  if (key == "content") return keep([](const Disk& disk) -> const std::string& { return disk.content; });
  return false;
}

Result<Disk> choose_by_rule(const drivers::scout::Inventory& inventory, std::string_view rule,
                            std::string_view purpose) {
  std::vector<Disk> left;
  for (const auto& disk : inventory.disks) {
    if (!disk.removable && !disk.read_only && disk.size_bytes > 0 && has_name(disk)) left.push_back(disk);
  }
  const std::vector<Disk> all = left;
  // "smallest" is of those that the other terms leave, wherever it stands.
  std::vector<std::string_view> terms;
  for (std::size_t start = 0; start <= rule.size();) {
    const auto end = std::min(rule.find(',', start), rule.size());
    terms.push_back(rule.substr(start, end - start));
    start = end + 1;
  }
  const auto is_extreme = [](std::string_view term) { return term == "smallest" || term == "largest"; };
  std::ranges::partition(terms, [&](std::string_view term) { return !is_extreme(term); });
  if (std::ranges::count_if(terms, is_extreme) > 1) {
    return refuse(ErrorKind::invalid_input, purpose, "disk_rule", "a rule has one of smallest and largest");
  }
  for (const auto term : terms) {
    if (!apply(term, left)) {
      return refuse(
          ErrorKind::invalid_input, purpose, "disk_rule",
          fmt::format(
              "'{}' is no term of a disk rule; known are serial=, wwn=, model=, transport=, content=, "
              "size=, size>=, size<=, rotational=yes|no, raid=yes|no, smallest, largest",
              core::printable(term)));
    }
  }
  if (left.empty()) {
    return refuse(
        ErrorKind::not_found, purpose, "unknown_disk",
        fmt::format("no disk fits the rule '{}'; there are: {}", core::printable(rule), list_of(all)));
  }
  if (left.size() > 1) {
    return refuse(
        ErrorKind::refused, purpose, "disk_ambiguous",
        fmt::format("{} disks fit the rule '{}': {}", left.size(), core::printable(rule), list_of(left)));
  }
  return left.front();
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
  const std::string size = disk.size_bytes >= 1'000'000'000'000
                               ? fmt::format("{:.2f} TB", static_cast<double>(disk.size_bytes) / 1e12)
                               : fmt::format("{:.1f} GB", static_cast<double>(disk.size_bytes) / 1e9);
  return fmt::format("{} {}, {}{}{}", disk.model.empty() ? "disk" : disk.model,
                     !disk.id.serial.empty() ? disk.id.serial
                     : disk.id.wwn.empty()   ? "without a name"
                                             : disk.id.wwn,
                     size, disk.transport.empty() ? "" : ", ", disk.transport);
}

bool is_disk_rule(std::string_view wanted) {
  return wanted.find_first_of("=<>,") != std::string_view::npos || wanted == "smallest" ||
         wanted == "largest";
}

Result<Disk> choose_disk(const drivers::scout::Inventory& inventory, std::string_view wanted,
                         std::string_view purpose) {
  std::vector<Disk> named;
  for (const auto& disk : inventory.disks) {
    if (!wanted.empty() && (disk.id.serial == wanted || disk.id.wwn == wanted)) named.push_back(disk);
  }
  if (named.size() == 1) return named.front();
  if (named.size() > 1) {
    return refuse(ErrorKind::refused, purpose, "disk_ambiguous",
                  fmt::format("'{}' names more than one disk of this asset: {}", core::printable(wanted),
                              list_of(named)));
  }
  if (wanted.size() <= max_rule && is_disk_rule(wanted)) return choose_by_rule(inventory, wanted, purpose);
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
                            core::printable(wanted), list_of(inventory.disks)));
}

Result<Disk> disk_of_device(const drivers::scout::Inventory& inventory, std::string_view device,
                            std::string_view purpose) {
  const Disk* const found = under_name(inventory, device);
  if (found == nullptr) {
    return refuse(ErrorKind::not_found, purpose, "unknown_disk",
                  fmt::format("when this asset was last looked at it had no disk {}; there are: {}",
                              core::printable(device), list_of(inventory.disks)));
  }
  if (!has_name(*found) || std::ranges::count(inventory.disks, found->id, &Disk::id) > 1) {
    return refuse(ErrorKind::refused, purpose, "disk_unidentified",
                  fmt::format("{} has no serial or WWN of its own: it could be another disk at the next boot",
                              core::printable(device)));
  }
  return *found;
}

}  // namespace colony::workflows
