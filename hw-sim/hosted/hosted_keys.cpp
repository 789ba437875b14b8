#include "hw-sim/hosted/hosted_keys.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::hw_sim {

namespace {

std::string_view blank_cut(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r").contains(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

core::Result<std::map<std::string, std::string>> parse_datacenter_keys(std::string_view text) {
  std::map<std::string, std::string> keys;
  unsigned number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = blank_cut(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto gap = line.find_first_of(" \t");
    const auto datacenter = gap == std::string_view::npos ? "" : blank_cut(line.substr(gap));
    if (datacenter.empty() || datacenter.find_first_of(" \t") != std::string_view::npos ||
        !keys.emplace(line.substr(0, gap), datacenter).second) {
      // Not what stands there: it may be half a key.
      return core::fail(core::ErrorKind::invalid_input, "hosted_sim.keys",
                        fmt::format("line {}: want KEY DATACENTER-ID, each key once", number));
    }
  }
  if (keys.empty()) return core::fail(core::ErrorKind::invalid_input, "hosted_sim.keys", "no keys in it");
  return keys;
}

}  // namespace colony::hw_sim
