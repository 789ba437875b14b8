#include "ramdisk/machine/processors.hpp"

#include <charconv>
#include <set>
#include <utility>

#include "ramdisk/machine/tree.hpp"

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

}  // namespace

drivers::scout::Cpu parse_cpuinfo(std::string_view text) {
  drivers::scout::Cpu cpu;
  std::set<std::string> sockets;
  std::set<std::pair<std::string, std::string>> cores;
  std::string socket;
  while (!text.empty()) {
    const auto [key, value] = split(take_line(text));
    if (key == "processor") {
      ++cpu.threads;
      socket.clear();
    } else if (key == "model name") {
      cpu.model = value;
    } else if (key == "physical id") {
      socket = value;
      sockets.insert(value);
    } else if (key == "core id") {
      cores.emplace(socket, value);
    }
  }
  cpu.sockets = sockets.empty() ? (cpu.threads > 0 ? 1 : 0) : static_cast<unsigned>(sockets.size());
  cpu.cores = cores.empty() ? cpu.threads : static_cast<unsigned>(cores.size());
  return cpu;
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
