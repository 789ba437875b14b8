#pragma once
// How far a machine's newest boot came, and when: power, each request for an address, boot program, script,
// kernel, and what the program that was booted said. Read from its timeline.

#include <deque>
#include <string>
#include <vector>

#include "workflows/engine/timelines.hpp"
#include "workflows/orders.hpp"

namespace colony::workflows {

/// Each stage of the newest boot at its first sight, in time; empty when none was seen. A boot begins when
/// the machine is seen on after it was off, or when it asks for a boot after it had been given one.
[[nodiscard]] std::vector<BootStageSeen> boot_stages(const std::deque<SeenEvidence>& timeline);

}  // namespace colony::workflows
