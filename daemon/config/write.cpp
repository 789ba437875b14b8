// Config -> text, and Config against Config: both are walks along fields.hpp.

#include <algorithm>

#include <fmt/format.h>

#include "daemon/config/leaves.hpp"

namespace colony::daemon {

namespace {

/// Shown even when they have their default: what an operator looks for first.
bool always_shown(const Leaf& leaf) {
  return leaf.section.empty() || leaf.section == "load_balancer" || leaf.section == "hosted";
}

}  // namespace

std::string emit_config(const Config& config) {
  const std::vector<Leaf> leaves = flatten(config);
  const std::vector<Leaf> defaults = flatten(Config{});
  std::string out = "# Written by colony init. Every key and its default: docs/configuration.md\n";
  std::vector<std::string> open;  // the sections whose header is written and that still apply
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const Leaf& leaf = leaves[i];
    if (leaf == defaults[i] && !always_shown(leaf)) continue;
    std::vector<std::string> path;
    for (std::size_t at = 0; at < leaf.section.size();) {
      const auto dot = std::min(leaf.section.find('.', at), leaf.section.size());
      path.push_back(leaf.section.substr(at, dot - at));
      at = dot + 1;
    }
    std::size_t common = 0;
    while (common < open.size() && common < path.size() && open[common] == path[common]) ++common;
    for (std::size_t level = common; level < path.size(); ++level) {
      out += fmt::format("{:{}}{}:\n", "", level * 2, path[level]);
    }
    open = path;
    out += fmt::format("{:{}}{}: {}\n", "", path.size() * 2, leaf.key, leaf.text);
  }
  return out;
}

ConfigDiff diff_config(const Config& running, const Config& wanted) {
  ConfigDiff diff;
  const std::vector<Leaf> before = flatten(running);
  const std::vector<Leaf> after = flatten(wanted);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].text == after[i].text) continue;
    (before[i].takes_up == TakesUp::live ? diff.live : diff.restart).push_back(before[i].path());
  }
  return diff;
}

Config with_live_keys(const Config& running, const Config& wanted) {
  // The members that fields.hpp calls live, by hand: a test holds the two to each other.
  Config out = running;
  out.dhcp.discover = wanted.dhcp.discover;
  out.bmc.poll_interval = wanted.bmc.poll_interval;
  out.bmc.sol_capture = wanted.bmc.sol_capture;
  out.bmc.reset = wanted.bmc.reset;
  out.wipe = wanted.wipe;
  out.policy = wanted.policy;
  out.api.tls_certificate = wanted.api.tls_certificate;
  out.api.tls_key = wanted.api.tls_key;
  out.log.level = wanted.log.level;
  return out;
}

}  // namespace colony::daemon
