#pragma once
// By which way a machine goes on to its local disk, found out by trying. iPXE can leave by `exit`, by a
// script that is not there (HTTP 404), or start the disk itself (`sanboot`, BIOS only); firmware differs in
// which of them it follows to the disk, and shows it: after one that it does not follow it is back for a
// network boot at once.
//
// Pure: facts in, what to remember and to say out. One trail per asset and kind of firmware.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/evidence.hpp"
#include "pxe/boot_policy.hpp"

namespace colony::workflows {

enum class FirmwareKind : std::uint8_t { bios, efi };
[[nodiscard]] FirmwareKind firmware_kind(core::ClientArch arch);
[[nodiscard]] std::string_view name(FirmwareKind kind);

/// "exit", "sanboot", "not-found": as they are journaled.
[[nodiscard]] std::string_view name(pxe::LocalHandover way);
[[nodiscard]] std::optional<pxe::LocalHandover> parse_local_handover(std::string_view text);

/// Each way that may be tried on this kind of firmware, once, `first` before the others when it is one of
/// them. sanboot starts the first disk of the BIOS whatever is on it: only a machine with `one_disk` gets it.
[[nodiscard]] std::vector<pxe::LocalHandover> handover_ways(FirmwareKind kind, pxe::LocalHandover first,
                                                            bool one_disk);

/// How soon a machine that did not go to its disk is back. Between the two nothing is certain: a reset in its
/// self-test, or a system that was restarted.
struct HandoverPatience {
  core::Duration at_once{};  // back before this: it never reached its disk
  core::Duration gone{};     // not back before this: it did
};
[[nodiscard]] HandoverPatience handover_patience(core::Duration settle, core::Duration longest_boot,
                                                 std::optional<core::Duration> self_test);

/// The note that says so when a machine came back after each of its ways.
inline constexpr std::string_view handover_none = "boot.handover_none";

class HandoverTrail {
 public:
  static constexpr std::size_t most_doors = 16;

  /// `first`: the way to begin with while nothing is known of this machine.
  HandoverTrail(FirmwareKind kind, pxe::LocalHandover first, bool one_disk)
      : kind_(kind), best_(first), way_(first) {
    set_one_disk(one_disk);
  }
  /// Disks come and go: a way that is not to be tried any more is neither given nor remembered.
  void set_one_disk(bool one_disk);

  /// What is given now.
  [[nodiscard]] pxe::LocalHandover way() const { return way_; }
  /// It has brought the machine to its disk.
  [[nodiscard]] bool is_proved() const { return proved_ && way_ == best_; }

  struct News {
    bool changed = false;                      // the trail is to be journaled
    std::optional<core::Note> note;            // for the machine's timeline
    std::optional<pxe::LocalHandover> worked;  // proved just now
  };
  [[nodiscard]] News on_fact(const core::Evidence& seen, const HandoverPatience& patience);

  [[nodiscard]] std::string to_text() const;
  /// Nothing when the text is none of ours.
  [[nodiscard]] static std::optional<HandoverTrail> parse(FirmwareKind kind, std::string_view text,
                                                          bool one_disk);

 private:
  /// A door into our boot: machines with several NICs, or PXE and HTTP boot, try one after the other, and
  /// only one that comes through the same door again has been round.
  [[nodiscard]] std::string door(const core::Evidence& seen, core::ClientArch arch,
                                 core::BootStage stage) const;
  [[nodiscard]] News on_request(const core::Evidence& seen, const core::DhcpSeen& dhcp,
                                const HandoverPatience& patience);
  [[nodiscard]] News on_given(const core::Evidence& seen);
  [[nodiscard]] News on_gone();
  [[nodiscard]] News on_back(core::Duration after);
  /// Nothing was learnt of the way in hand, and the next failure is the first of a new round.
  [[nodiscard]] News on_new_round();
  void end_trial();

  FirmwareKind kind_;
  bool one_disk_ = false;
  pxe::LocalHandover best_;  // what worked, or the first guess
  bool proved_ = false;
  pxe::LocalHandover way_;
  unsigned failed_ = 0;  // ways in a row, since the last that worked or that could not be judged
  std::optional<core::UtcTime> given_at_;
  std::vector<std::string> doors_;  // through which it came and was sent to its disk
  std::string entered_;             // the door of the boot in hand; not journaled
};

}  // namespace colony::workflows
