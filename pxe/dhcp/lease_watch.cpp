#include "pxe/dhcp/lease_watch.hpp"

#include <fmt/format.h>

namespace colony::pxe::dhcp {

std::string_view name(LeaseStage stage) {
  switch (stage) {
    case LeaseStage::waiting: return "waiting";
    case LeaseStage::searching: return "searching";
    case LeaseStage::held: return "held";
    case LeaseStage::serving: return "serving";
  }
  return "?";
}

std::string text_of(const RivalServer& rival) {
  return rival.mac ? fmt::format("{} ({})", rival.server.to_string(), rival.mac->to_string())
                   : rival.server.to_string();
}

void LeaseWatch::on_restored(core::BootTime now) {
  if (stage_ != LeaseStage::waiting) return;
  if (reach_ == Reach::relayed) {
    stage_ = LeaseStage::serving;
    return;
  }
  stage_ = LeaseStage::searching;
  next_look_ = now;
}

LeaseWatch::Change LeaseWatch::on_search(const std::optional<RivalServer>& found, core::BootTime now) {
  Change change;
  if (found && found != rival_) change.appeared = found;
  if (!found) change.gone = rival_;
  rival_ = found;
  settle(now);
  return change;
}

void LeaseWatch::on_search_failed(core::BootTime now) {
  settle(now);
}

/// Who serves goes on serving: its clients have leases of ours, and two servers are a finding, not an outage.
void LeaseWatch::settle(core::BootTime now) {
  if (stage_ != LeaseStage::serving) {
    stage_ = rival_ && on_rival_ == OnRival::wait ? LeaseStage::held : LeaseStage::serving;
  }
  next_look_ = now + (stage_ == LeaseStage::held ? held_interval : watch_interval);
}

void LeaseWatch::look_again(core::BootTime now) {
  if (reach_ == Reach::our_link && stage_ != LeaseStage::waiting) next_look_ = now;
}

std::optional<std::string> LeaseWatch::finding(const std::optional<Overheard>& overheard,
                                               core::BootTime now) const {
  std::string who;
  if (rival_) {
    who = text_of(*rival_);
  } else if (overheard && now - overheard->at < overheard_for) {
    who = overheard->server.to_string();
  } else {
    return std::nullopt;
  }
  if (stage_ == LeaseStage::serving) {
    return fmt::format(
        "another DHCP server answers on {}: {}. Both hand out addresses: switch one of them off", interface_,
        who);
  }
  return fmt::format(
      "another DHCP server answers on {}: {}. No address is handed out until it is gone (looked for every "
      "minute, "
      "and by: systemctl reload colonyd); dhcp.mode: proxy works beside it, dhcp.force serves all the same",
      interface_, who);
}

}  // namespace colony::pxe::dhcp
