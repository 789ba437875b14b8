#include "workflows/boot/handover.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace colony::workflows {

namespace {

using pxe::LocalHandover;

constexpr int gone_in_self_tests = 3;  // memory is trained now and then
constexpr std::size_t longest_door = 64;

std::string_view describe(LocalHandover way) {
  switch (way) {
    case LocalHandover::exit: return "iPXE's exit";
    case LocalHandover::sanboot: return "iPXE's sanboot";
    case LocalHandover::not_found: break;
  }
  return "a boot script that is not found";
}

}  // namespace

FirmwareKind firmware_kind(core::ClientArch arch) {
  return arch == core::ClientArch::bios_x86 || arch == core::ClientArch::unknown ? FirmwareKind::bios
                                                                                 : FirmwareKind::efi;
}

std::string_view name(FirmwareKind kind) {
  return kind == FirmwareKind::bios ? "bios" : "efi";
}

std::string_view name(LocalHandover way) {
  switch (way) {
    case LocalHandover::exit: return "exit";
    case LocalHandover::sanboot: return "sanboot";
    case LocalHandover::not_found: break;
  }
  return "not-found";
}

std::optional<LocalHandover> parse_local_handover(std::string_view text) {
  for (const auto way : {LocalHandover::exit, LocalHandover::sanboot, LocalHandover::not_found}) {
    if (name(way) == text) return way;
  }
  return std::nullopt;
}

std::vector<LocalHandover> handover_ways(FirmwareKind kind, LocalHandover first, bool one_disk) {
  std::vector<LocalHandover> ways{LocalHandover::exit, LocalHandover::not_found};
  // INT 13h is a BIOS idea: UEFI firmware boots its disks itself.
  if (kind == FirmwareKind::bios && one_disk) ways.insert(ways.begin() + 1, LocalHandover::sanboot);
  const auto found = std::ranges::find(ways, first);
  if (found != ways.end()) std::rotate(ways.begin(), found, found + 1);
  return ways;
}

HandoverPatience handover_patience(core::Duration settle, core::Duration longest_boot,
                                   std::optional<core::Duration> self_test) {
  if (!self_test) return {settle, std::max(settle, longest_boot)};
  return {settle + *self_test, settle + *self_test * gone_in_self_tests};
}

void HandoverTrail::set_one_disk(bool one_disk) {
  one_disk_ = one_disk;
  const auto ways = handover_ways(kind_, best_, one_disk_);
  if (std::ranges::find(ways, best_) == ways.end()) {
    best_ = ways.front();
    proved_ = false;
  }
  if (std::ranges::find(ways, way_) == ways.end()) {
    way_ = best_;
    failed_ = 0;
    end_trial();
  }
}

std::string HandoverTrail::door(const core::Evidence& seen, core::ClientArch arch,
                                core::BootStage stage) const {
  return fmt::format("{} {} {}", seen.mac ? seen.mac->to_string() : "-", core::name(arch), core::name(stage));
}

HandoverTrail::News HandoverTrail::on_fact(const core::Evidence& seen, const HandoverPatience& patience) {
  if (const auto* dhcp = std::get_if<core::DhcpSeen>(&seen.fact)) return on_request(seen, *dhcp, patience);
  if (const auto* script = std::get_if<core::ScriptServed>(&seen.fact)) {
    if (script->script == "local-disk") return on_given(seen);
    if (script->script == "hold") return {};
    entered_.clear();  // it boots something else
    return on_new_round();
  }
  const auto* power = std::get_if<core::PowerObserved>(&seen.fact);
  const bool off = power != nullptr && power->state == core::PowerState::off;
  if (!given_at_) return off ? on_new_round() : News{};
  const core::Duration after = seen.at - *given_at_;
  if (std::holds_alternative<core::SystemAsked>(seen.fact) ||
      std::holds_alternative<core::TalosStage>(seen.fact)) {
    return on_gone();
  }
  if (off) return after >= patience.gone ? on_gone() : on_new_round();
  return {};
}

HandoverTrail::News HandoverTrail::on_request(const core::Evidence& seen, const core::DhcpSeen& dhcp,
                                              const HandoverPatience& patience) {
  if (firmware_kind(dhcp.arch) != kind_) return {};
  const std::string through = door(seen, dhcp.arch, dhcp.stage);
  News news;
  if (given_at_) {
    const core::Duration after = seen.at - *given_at_;
    if (after >= patience.gone) {
      news = on_gone();
    } else if (after < core::Duration{0} || after >= patience.at_once) {
      news = on_new_round();
    } else if (std::ranges::find(doors_, through) != doors_.end()) {
      news = on_back(after);
    }
  }
  // iPXE was loaded through the door that its firmware came by, unless it is the firmware.
  if (dhcp.stage != core::BootStage::ipxe || entered_.empty()) entered_ = through;
  return news;
}

HandoverTrail::News HandoverTrail::on_given(const core::Evidence& seen) {
  // Given to the other kind of firmware: its own trail has seen it ask.
  if (entered_.empty()) return {};
  given_at_ = seen.at;
  if (std::ranges::find(doors_, entered_) == doors_.end() && doors_.size() < most_doors)
    doors_.push_back(std::move(entered_));
  entered_.clear();
  return {.changed = true, .note = {}, .worked = {}};
}

HandoverTrail::News HandoverTrail::on_gone() {
  News news{.changed = true, .note = {}, .worked = way_};
  if (failed_ > 0 || way_ != best_) {
    news.note = core::Note{
        "boot.handover_learnt",
        fmt::format("{} is what brings this machine to its disk; tried first from now on", describe(way_))};
  }
  best_ = way_;
  proved_ = true;
  failed_ = 0;
  end_trial();
  return news;
}

HandoverTrail::News HandoverTrail::on_back(core::Duration after) {
  end_trial();
  News news{.changed = true, .note = {}, .worked = {}};
  const auto ways = handover_ways(kind_, best_, one_disk_);
  const LocalHandover failed = way_;
  if (failed_ >= ways.size()) return news;  // said already
  ++failed_;
  // The round goes on from the way in hand, wherever it began: each has its turn.
  const auto in_hand = static_cast<std::size_t>(std::ranges::find(ways, way_) - ways.begin());
  way_ = failed_ < ways.size() ? ways[(in_hand + 1) % ways.size()] : ways.front();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(after).count();
  if (failed_ < ways.size()) {
    news.note = core::Note{"boot.handover_failed",
                           fmt::format("back for a network boot {} s after it was sent to its disk by {}; "
                                       "next: {}",
                                       seconds, describe(failed), describe(way_))};
  } else {
    news.note = core::Note{
        std::string(handover_none),
        fmt::format("back for a network boot {} s after it was sent to its disk by {}, and after every "
                    "other way: is its disk bootable, and in the boot order?",
                    seconds, describe(failed))};
  }
  return news;
}

HandoverTrail::News HandoverTrail::on_new_round() {
  const bool changed = failed_ > 0 || given_at_.has_value();
  failed_ = 0;
  end_trial();
  return {.changed = changed, .note = {}, .worked = {}};
}

void HandoverTrail::end_trial() {
  given_at_.reset();
  doors_.clear();
}

std::string HandoverTrail::to_text() const {
  core::Json out{{"way", name(way_)}, {"best", name(best_)}, {"proved", proved_}, {"failed", failed_}};
  if (given_at_) {
    out["given_at"] = core::format_utc(*given_at_);
    out["doors"] = doors_;
  }
  return core::dump_json(out);
}

std::optional<HandoverTrail> HandoverTrail::parse(FirmwareKind kind, std::string_view text, bool one_disk) {
  const auto json = core::parse_json(text);
  if (!json) return std::nullopt;
  const auto way = parse_local_handover(core::json_text(*json, "way").value_or(""));
  const auto best = parse_local_handover(core::json_text(*json, "best").value_or(""));
  if (!way || !best) return std::nullopt;
  HandoverTrail trail(kind, *best, true);
  trail.way_ = *way;
  trail.proved_ = core::json_bool(*json, "proved").value_or(false);
  trail.failed_ = static_cast<unsigned>(std::min<std::uint64_t>(core::json_uint(*json, "failed").value_or(0),
                                                                handover_ways(kind, *best, true).size()));
  trail.given_at_ = core::parse_utc(core::json_text(*json, "given_at").value_or(""));
  const core::Json* const doors = core::json_member(*json, "doors");
  if (trail.given_at_ && doors != nullptr && doors->is_array()) {
    for (const auto& each : *doors) {
      if (!each.is_string() || trail.doors_.size() >= most_doors) break;
      trail.doors_.push_back(each.get<std::string>().substr(0, longest_door));
    }
  }
  trail.set_one_disk(one_disk);
  return trail;
}

}  // namespace colony::workflows
