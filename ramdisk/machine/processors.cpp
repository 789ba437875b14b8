#include "ramdisk/machine/processors.hpp"

#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace colony::ramdisk {

namespace {

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// "key<tabs>: value"
std::pair<std::string, std::string> split(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  return {clean(line.substr(0, colon)), clean(line.substr(colon + 1))};
}

/// A line of flags is longer than what clean() keeps.
std::vector<std::string> read_flags(std::string_view words) {
  std::vector<std::string> flags;
  std::string flag;
  for (const char c : std::string(words) + ' ') {
    if (c > 0x20 && c < 0x7f) {
      if (flag.size() < drivers::scout::max_flag) flag.push_back(c);
    } else if (!flag.empty() && flags.size() < drivers::scout::max_cpu_flags) {
      flags.push_back(std::exchange(flag, {}));
    }
  }
  return flags;
}

/// arm64 kernels give numbers instead of a name (MIDR_EL1; Arm's and Ampere's product identifiers).
std::string arm_model(const std::string& implementer, const std::string& part) {
  struct Known {
    std::string_view implementer, part, name;
  };
  static constexpr std::array<Known, 9> known{{{"0x41", "0xd08", "Cortex-A72"},
                                               {"0x41", "0xd0c", "Neoverse-N1"},
                                               {"0x41", "0xd40", "Neoverse-V1"},
                                               {"0x41", "0xd49", "Neoverse-N2"},
                                               {"0x41", "0xd4f", "Neoverse-V2"},
                                               {"0x41", "0xd84", "Neoverse-V3"},
                                               {"0x41", "0xd8e", "Neoverse-N3"},
                                               {"0xc0", "0xac3", "Ampere-1"},
                                               {"0xc0", "0xac4", "Ampere-1A"}}};
  if (implementer.empty()) return {};
  for (const auto& cpu : known) {
    if (cpu.implementer == implementer && cpu.part == part) return std::string(cpu.name);
  }
  return "implementer " + implementer + " part " + part;
}

}  // namespace

drivers::scout::Cpu parse_cpuinfo(std::string_view text) {
  drivers::scout::Cpu cpu;
  std::set<std::string> sockets;
  std::set<std::pair<std::string, std::string>> cores;
  std::string socket, implementer, part;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto [key, value] = split(line);
    if (key == "processor") {
      ++cpu.threads;
      socket.clear();
    } else if (key == "model name") {
      cpu.model = value;
    } else if (key == "CPU implementer") {
      implementer = value;
    } else if (key == "CPU part") {
      part = value;
    } else if ((key == "flags" || key == "Features") && cpu.flags.empty()) {
      cpu.flags = read_flags(line.substr(line.find(':') + 1));
    } else if (key == "physical id") {
      socket = value;
      sockets.insert(value);
    } else if (key == "core id") {
      cores.emplace(socket, value);
    }
  }
  if (cpu.model.empty()) cpu.model = arm_model(implementer, part);
  cpu.sockets = sockets.empty() ? (cpu.threads > 0 ? 1 : 0) : static_cast<unsigned>(sockets.size());
  cpu.cores = cores.empty() ? cpu.threads : static_cast<unsigned>(cores.size());
  return cpu;
}

void count_topology(const Tree& sysfs, drivers::scout::Cpu& cpu) {
  std::set<std::uint64_t> sockets;
  std::set<std::pair<std::uint64_t, std::uint64_t>> cores;
  for (const auto& name : sysfs.names("devices/system/cpu")) {
    if (!name.starts_with("cpu")) continue;
    const std::string at = "devices/system/cpu/" + name + "/topology/";
    const auto socket = sysfs.number(at + "physical_package_id");
    const auto core = sysfs.number(at + "core_id");
    if (!socket || !core) continue;
    sockets.insert(*socket);
    cores.emplace(*socket, *core);
  }
  // More cores than threads is nonsense that some firmware tells.
  if (cores.empty() || cores.size() > cpu.threads) return;
  cpu.sockets = static_cast<unsigned>(sockets.size());
  cpu.cores = static_cast<unsigned>(cores.size());
}

std::uint64_t parse_meminfo(std::string_view text) {
  while (!text.empty()) {
    const auto [key, value] = split(take_line(text));
    if (key != "MemTotal") continue;
    std::uint64_t kib = 0;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), kib);
    return fault == std::errc{} && kib < (1ULL << 50) ? kib << 10 : 0;
  }
  return 0;
}

}  // namespace colony::ramdisk
