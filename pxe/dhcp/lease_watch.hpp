#pragma once
// When we hand out addresses: not before the leases are read back, and not while another DHCP server answers
// on our link, unless we were told to. When to look for one, and what a person has to know of it. Pure: what
// was found and the time in, a stage and the next look out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/clock.hpp"
#include "pxe/dhcp/rival_search.hpp"

namespace colony::pxe::dhcp {

enum class OnRival : std::uint8_t {
  wait,   // serve when no other server answers
  serve,  // dhcp.force
};

enum class LeaseStage : std::uint8_t {
  waiting,    // for the store
  searching,  // for rivals, before the first answer
  held,       // another server answers
  serving,
};
std::string_view name(LeaseStage stage);

/// "10.1.1.2 (02:00:00:00:00:99)"
[[nodiscard]] std::string text_of(const RivalServer& rival);

class LeaseWatch {
 public:
  static constexpr core::Duration held_interval = std::chrono::seconds(60);  // is the rival gone?
  static constexpr core::Duration watch_interval = std::chrono::minutes(5);  // between looks while we serve
  /// A client that chose another server names it; nobody does so any more when it is gone.
  static constexpr core::Duration overheard_for = std::chrono::minutes(10);

  enum class Reach : std::uint8_t {
    our_link,  // a subnet of ours is on our own link
    relayed,   // an answer on our link means nothing to a server of relayed subnets only
  };
  /// What a search changed.
  struct Change {
    std::optional<RivalServer> appeared;
    std::optional<RivalServer> gone;
    friend bool operator==(const Change&, const Change&) = default;
  };
  /// Another server that a client of ours chose.
  struct Overheard {
    core::Ipv4Address server;
    core::BootTime at;
  };

  LeaseWatch(std::string interface, OnRival on_rival, Reach reach)
      : interface_(std::move(interface)), on_rival_(on_rival), reach_(reach) {}

  [[nodiscard]] LeaseStage stage() const { return stage_; }
  [[nodiscard]] const std::optional<RivalServer>& rival() const { return rival_; }

  /// The leases are read back.
  void on_restored(core::BootTime now);
  /// A search ended: with whom it found, or could not be made (then what was known counts).
  Change on_search(const std::optional<RivalServer>& found, core::BootTime now);
  void on_search_failed(core::BootTime now);
  /// Somebody says that the rival is gone.
  void look_again(core::BootTime now);

  /// When to search next; BootTime::max(): never.
  [[nodiscard]] core::BootTime next_look() const { return next_look_; }

  /// For `dhcp.rival`; nothing: nobody else serves.
  [[nodiscard]] std::optional<std::string> finding(const std::optional<Overheard>& overheard,
                                                   core::BootTime now) const;

 private:
  void settle(core::BootTime now);

  std::string interface_;
  OnRival on_rival_;
  Reach reach_;
  LeaseStage stage_ = LeaseStage::waiting;
  std::optional<RivalServer> rival_;  // of the last search
  core::BootTime next_look_ = core::BootTime::max();
};

}  // namespace colony::pxe::dhcp
