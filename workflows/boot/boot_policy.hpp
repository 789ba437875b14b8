#pragma once
// Contract 1: this request, from this machine, boots what? Answered from durable rows only, without side
// effect, so it may be asked for every packet. Total: there is an answer for every state an asset can be in.
//
//   before ready                          silence
//   unknown, discovery window open        scout, with a per-boot token
//   unknown                               silence
//   workflow running                      what its newest open boot intent says; none: hold
//   workflow waiting (queued, held)       hold, when the asset is between two states; else as below
//   quarantined or indeterminate          hold, never a disk
//   provisioned                           its local disk
//   available                             its local disk, unless we wiped it: hold
//   discovering, inventory known          its local disk: looked at once, handed on;
//                                         scout, while a discovery looks for its BMC\'s machine
//   discovering, inventory unknown        scout inside the window, else silence

#include "core/async/timers.hpp"
#include "pxe/boot_policy.hpp"
#include "workflows/assets/registry.hpp"
#include "workflows/boot/discovery_window.hpp"
#include "workflows/boot/handover_book.hpp"
#include "workflows/boot/tokens.hpp"
#include "workflows/site.hpp"

namespace colony::workflows {

/// The acts of intents that say what boots.
namespace boot_act {
inline constexpr std::string_view scout = "boot_scout";
inline constexpr std::string_view talos = "boot_talos";
inline constexpr std::string_view local = "boot_local";
}  // namespace boot_act

class JournalBootPolicy final : public pxe::BootPolicy {
 public:
  JournalBootPolicy(const Ledger& ledger, const Registry& registry, const DiscoveryWindow& window,
                    const Tokens& tokens, const HandoverBook& handovers, const Site& site,
                    core::Timers& timers)
      : ledger_(ledger),
        registry_(registry),
        window_(window),
        tokens_(tokens),
        handovers_(handovers),
        site_(site),
        timers_(timers) {}

  void set_ready(bool ready) { ready_ = ready; }
  [[nodiscard]] bool ready() const { return ready_; }

  [[nodiscard]] bool serves(const pxe::BootRequest& request) const override;
  [[nodiscard]] bool knows(core::MacAddress mac) const override;
  [[nodiscard]] pxe::BootDecision decide(const pxe::BootRequest& request) override;

  /// True while unknown machines are let in: the window, or a discovery that waits for its unknown machine.
  [[nodiscard]] bool admits_unknown() const;

 private:
  enum class Verdict : std::uint8_t { silence, scout, talos, local, hold };
  struct Judgement {
    Verdict verdict = Verdict::silence;
    std::string reason;
    IntentPtr intent;
    AssetPtr asset;
  };
  /// An operator asked to discover the machine behind a BMC, and it will show up as a stranger.
  [[nodiscard]] bool discovery_waits() const;
  [[nodiscard]] Judgement judge(const pxe::BootRequest& request) const;
  [[nodiscard]] pxe::BootDecision boot_scout(const pxe::BootRequest& request, const IntentPtr& intent);
  [[nodiscard]] pxe::BootDecision boot_talos(const pxe::BootRequest& request, const IntentPtr& intent) const;

  const Ledger& ledger_;
  const Registry& registry_;
  const DiscoveryWindow& window_;
  const Tokens& tokens_;
  const HandoverBook& handovers_;
  const Site& site_;
  core::Timers& timers_;
  bool ready_ = false;
  std::uint64_t last_number_ = 0;
};

/// Talos 1.13 metal arguments in the imager's order; machined refuses to start without slab_nomerge and
/// pti=on.
[[nodiscard]] std::vector<std::string> mandatory_talos_arguments();

}  // namespace colony::workflows
