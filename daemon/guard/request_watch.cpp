#include "daemon/guard/request_watch.hpp"

#include <fmt/format.h>

namespace colony::daemon::guard {

std::string_view name(Door door) {
  switch (door) {
    case Door::dhcp: return "DHCP (UDP port 67)";
    case Door::tftp: return "TFTP (UDP port 69)";
    case Door::http: return "HTTP (TCP)";
  }
  return "?";
}

void RequestWatch::on_wire(Door door, core::BootTime now) {
  Seen& seen = doors_[door];
  if (seen.counted_at && now - *seen.counted_at < grace) return;
  ++seen.on_wire;
  seen.last = now;
}

void RequestWatch::on_taken_in(Door door, std::optional<std::uint64_t> count, core::BootTime now) {
  if (!count) {
    doors_.erase(door);
    return;
  }
  Seen& seen = doors_[door];
  if (*count == seen.count) return;
  seen.count = *count;
  seen.counted_at = now;
  seen.on_wire = 0;
}

void RequestWatch::add_findings(std::string_view interface, core::BootTime now, FindingMap& findings) const {
  std::string closed;
  std::uint64_t lost = 0;
  for (const auto& [door, seen] : doors_) {
    if (seen.on_wire < unheard_limit || now - seen.last < grace || now - seen.last > remember) continue;
    if (!closed.empty()) closed += ", ";
    closed += name(door);
    lost += seen.on_wire;
  }
  if (closed.empty()) return;
  findings["network.filtered"] = {
      .text = fmt::format("requests come in on {} and do not reach colonyd: {}, the last {} of them",
                          interface, closed, lost),
      .cure = "a packet filter of this machine drops them (nft list ruleset; iptables -S INPUT): let them in",
      .severity = Severity::fail};
}

}  // namespace colony::daemon::guard
