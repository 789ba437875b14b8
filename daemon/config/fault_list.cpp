#include "daemon/config/fault_list.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::daemon {

std::string ConfigFault::to_string() const {
  std::string out = file;
  if (line != 0) out += fmt::format(":{}", line);
  if (!key.empty()) out += fmt::format(": {}", key);
  out += fmt::format(": {}", what);
  if (!accepted.empty()) out += fmt::format("; accepted: {}", accepted);
  return out;
}

void FaultList::add(unsigned line, std::string key, std::string what, std::string accepted) {
  const auto at = std::ranges::upper_bound(faults_, line, {}, &ConfigFault::line);
  faults_.insert(at, {file_, line, std::move(key), std::move(what), std::move(accepted)});
}

void FaultList::add(const std::string& key, std::string what, std::string accepted) {
  if (std::ranges::find(faults_, key, &ConfigFault::key) != faults_.end()) return;
  unsigned line = 0;
  for (std::string at = key; line == 0 && !at.empty();) {
    if (const auto found = lines_.find(at); found != lines_.end()) line = found->second;
    const auto dot = at.find_last_of(".[");
    at.resize(dot == std::string::npos ? 0 : dot);
  }
  add(line, key, std::move(what), std::move(accepted));
}

}  // namespace colony::daemon
