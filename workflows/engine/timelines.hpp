#pragma once
// Every asset's timeline: the facts that were seen of it, with the workflow in hand at that time. Recipes
// wait on it, `why` and `timeline` show it.
//
// A journaled fact is seen by a waiting step only once it is durable, so a step never acts on what a crash
// could take back. Progress is never journaled. The same fact again within a second, and a flood of any
// facts, is dropped and counted: a hostile neighbour must not fill the journal. So is every fact while too
// many changes wait for a store that takes none: he must not fill the memory either.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/async/signal.hpp"
#include "core/evidence/evidence.hpp"
#include "core/log.hpp"
#include "workflows/engine/ledger.hpp"

namespace colony::workflows {

struct SeenEvidence {
  TimelineRow row;
  core::BootTime seen_at;  // BootTime::min() for what was read from the journal
};

/// A machine that nobody knows.
struct Stranger {
  core::MacAddress mac;
  core::UtcTime first, last;
  std::uint64_t times = 0;
  // The newest, for the day when it is known; those with an asset are in a batch that is not yet durable.
  std::deque<core::Evidence> facts;
};

class Timelines final : public core::EvidenceSink {
 public:
  static constexpr std::size_t kept_per_asset = 192;
  static constexpr std::size_t kept_strangers = 1024;
  static constexpr std::size_t facts_of_stranger = 24;
  static constexpr core::Duration stranger_memory = std::chrono::hours(1);
  static constexpr unsigned facts_per_window = 64;  // of one asset
  static constexpr core::Duration flood_window = std::chrono::seconds(10);
  /// Changes that wait for the journal, whoever made them; up to about 5 kB each, a piece of console. Facts
  /// come from anybody and can be seen again; what somebody waits for (Ledger::commit) is never turned away.
  static constexpr std::size_t most_waiting = 4096;

  /// Names the asset that a fact with only addresses is about.
  using Attribute = std::function<std::optional<core::AssetId>(const core::Evidence&)>;
  Timelines(Ledger& ledger, core::Timers& timers, const core::Log& log, Attribute attribute);
  Timelines(const Timelines&) = delete;
  Timelines& operator=(const Timelines&) = delete;
  ~Timelines() override = default;

  void emit(core::Evidence evidence) override;
  /// A row for somebody's batch: facts that must be durable before their sender is answered.
  [[nodiscard]] TimelineRow row(const core::AssetId& asset, std::string_view source, core::Fact fact) const;

  /// What was seen of this machine before anybody knew whose it is, for the batch that says so: the boot by
  /// which it introduced itself is part of its timeline. What is in one batch is in no other.
  [[nodiscard]] std::vector<TimelineRow> adopt(const core::MacAddress& mac, const core::AssetId& asset);
  /// How that batch ended: forgotten when it is `stored`, else kept for the next.
  void settle_adoption(const core::MacAddress& mac, bool stored);

  [[nodiscard]] const std::deque<SeenEvidence>& of(const core::AssetId& asset) const;
  /// Notified at every fact of this asset.
  [[nodiscard]] core::Signal& signal(const core::AssetId& asset);
  [[nodiscard]] const std::map<std::string, core::ScoutProgress>& progress(const core::AssetId& asset) const;
  void forget_progress(const core::AssetId& asset);
  [[nodiscard]] std::optional<core::PowerState> last_power(const core::AssetId& asset) const;

  [[nodiscard]] const std::deque<Stranger>& strangers() const { return strangers_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct Lane {
    explicit Lane(core::Timers& timers) : signal(timers) {}
    std::deque<SeenEvidence> seen;
    std::map<std::string, core::ScoutProgress> progress;
    std::map<std::string, core::BootTime> repeats;  // by the fact's text
    core::BootTime window_start;
    unsigned in_window = 0;
    std::optional<core::PowerState> power;
    core::Signal signal;
  };
  Lane& lane(const core::AssetId& asset);
  void append(Lane& lane, TimelineRow row, core::BootTime seen_at);
  [[nodiscard]] bool is_noise(Lane& lane, const core::Fact& fact);
  [[nodiscard]] bool has_room();
  void remember_stranger(core::Evidence evidence);

  Ledger& ledger_;
  core::Timers& timers_;
  const core::Log& log_;
  Attribute attribute_;
  std::map<core::AssetId, Lane> lanes_;
  std::deque<Stranger> strangers_;
  std::uint64_t dropped_ = 0;
  std::uint64_t crowded_out_ = 0;  // of them, since the journal fell behind
  bool opened_ = false;
};

}  // namespace colony::workflows
