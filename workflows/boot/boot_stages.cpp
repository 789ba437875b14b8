#include "workflows/boot/boot_stages.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::workflows {

namespace {

std::string_view speaker(core::BootStage stage) {
  switch (stage) {
    case core::BootStage::firmware_pxe: return "firmware, PXE";
    case core::BootStage::firmware_http: return "firmware, HTTP";
    case core::BootStage::ipxe: break;
  }
  return "iPXE";
}

/// Nothing for a fact that is no stage of a boot.
std::string stage_of(const core::Fact& fact) {
  if (const auto* power = std::get_if<core::PowerObserved>(&fact))
    return power->state == core::PowerState::on ? "seen on" : "";
  if (const auto* dhcp = std::get_if<core::DhcpSeen>(&fact))
    return fmt::format("DHCP ({})", speaker(dhcp->stage));
  if (const auto* program = std::get_if<core::NbpSent>(&fact))
    return program->complete ? "boot program " + program->file : "";
  if (const auto* script = std::get_if<core::ScriptServed>(&fact)) return "boot script: " + script->script;
  if (const auto* artifact = std::get_if<core::ArtifactServed>(&fact))
    return artifact->complete ? "image" : "";
  if (const auto* config = std::get_if<core::ConfigFetched>(&fact))
    return config->complete ? "machine config" : "";
  if (std::holds_alternative<core::ScoutHello>(fact)) return "scout's hello";
  if (std::holds_alternative<core::ScoutInventory>(fact)) return "inventory";
  if (std::holds_alternative<core::SystemAsked>(fact)) return "DHCP (operating system)";
  if (const auto* talos = std::get_if<core::TalosStage>(&fact)) return "Talos: " + talos->stage;
  return {};
}

class Boot {
 public:
  void take(const core::Evidence& seen) {
    std::string stage = stage_of(seen.fact);
    if (stage.empty()) return;
    const auto* power = std::get_if<core::PowerObserved>(&seen.fact);
    const auto* dhcp = std::get_if<core::DhcpSeen>(&seen.fact);
    if ((power != nullptr && was_off_) || (dhcp != nullptr && given_)) {
      stages_.clear();
      images_ = 0;
      given_ = false;
    }
    was_off_ = false;
    if (std::holds_alternative<core::ScriptServed>(seen.fact)) given_ = true;
    if (std::holds_alternative<core::ArtifactServed>(seen.fact))
      stage = ++images_ == 1 ? "kernel" : fmt::format("image {}", images_);
    if (std::ranges::find(stages_, stage, &BootStageSeen::stage) == stages_.end())
      stages_.push_back({std::move(stage), seen.at});
  }
  void is_off() { was_off_ = true; }
  [[nodiscard]] std::vector<BootStageSeen> stages() && { return std::move(stages_); }

 private:
  std::vector<BootStageSeen> stages_;
  unsigned images_ = 0;
  bool was_off_ = true;
  bool given_ = false;  // it was told what to boot
};

}  // namespace

std::vector<BootStageSeen> boot_stages(const std::deque<SeenEvidence>& timeline) {
  // Facts that were adopted (Timelines::adopt) stand behind what was seen meanwhile.
  std::vector<std::pair<core::UtcTime, std::size_t>> order;
  order.reserve(timeline.size());
  for (std::size_t i = 0; i < timeline.size(); ++i) order.emplace_back(timeline[i].row.evidence.at, i);
  std::ranges::sort(order);
  Boot boot;
  for (const auto& [at, index] : order) {
    const core::Evidence& evidence = timeline[index].row.evidence;
    const auto* power = std::get_if<core::PowerObserved>(&evidence.fact);
    if (power != nullptr && power->state == core::PowerState::off) boot.is_off();
    boot.take(evidence);
  }
  return std::move(boot).stages();
}

}  // namespace colony::workflows
