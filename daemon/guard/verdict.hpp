#pragma once
// From what was heard to what is wrong: the rules of the network guard, each a finding with its evidence and
// its cure. Pure.

#include "daemon/guard/network_guard.hpp"

namespace colony::daemon::guard {

void judge_servers(const std::vector<HeardServer>& servers, DhcpMode mode, const Place& place,
                   FindingMap& findings);
void judge_mtu(const std::vector<HeardServer>& servers, const Place& place, FindingMap& findings);

}  // namespace colony::daemon::guard
