#pragma once
// What BMCs write down while a workflow has a machine in hand, as evidence on its timeline: the new records
// of the event log when the workflow begins, after every power act and when it fails, why the machine
// started, and, when a disk is to be written or erased, sensors that are critical once it is on.
//
// The least of guests: it waits for its turn behind everything else that the BMC is asked, 20 s at most, goes
// on later where its time was over, and after two failures leaves the BMC alone until the next workflow. The
// BMC's clock is shown, never trusted: what is new is known by the records themselves (drivers::SelMark).

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "drivers/bmc_records.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::daemon {

class EventWatch {
 public:
  static constexpr core::Duration settle = std::chrono::seconds(10);  // after a power act
  static constexpr core::Duration patience = std::chrono::seconds(20);
  static constexpr core::Duration sensor_patience = std::chrono::minutes(2);
  static constexpr unsigned max_failures = 2;   // in one workflow
  static constexpr std::size_t max_notes = 16;  // of one look

  struct World {
    core::Timers& timers;
    const core::Log& log;
    const workflows::Ledger& ledger;
    core::EvidenceSink& evidence;
    workflows::BmcDirectory& bmcs;
  };
  explicit EventWatch(World world);
  EventWatch(const EventWatch&) = delete;
  EventWatch& operator=(const EventWatch&) = delete;
  ~EventWatch();

  /// What became durable: workflows that begin and fail, power acts that are done.
  void on_rows(const workflows::StagedBatch& rows);
  /// Ends every look. Await it before destruction.
  [[nodiscard]] core::Task<> stop();

 private:
  struct Place;

  [[nodiscard]] Place& place(const core::AssetId& asset);
  [[nodiscard]] core::Task<> run(Place& place);
  [[nodiscard]] core::Task<core::Result<>> look(Place& place);
  [[nodiscard]] core::Task<core::Result<>> look_at_log(Place& place, drivers::BmcRecords& records);
  [[nodiscard]] core::Task<core::Result<>> look_at_sensors(Place& place, drivers::BmcRecords& records);
  void note(const Place& place, std::string_view code, std::string text);

  World world_;
  std::map<core::AssetId, std::unique_ptr<Place>> places_;
  core::TaskGroup tasks_;
};

/// One line for each event, the newest `most`; what happened again and again is said once.
[[nodiscard]] std::vector<std::string> event_lines(const std::vector<drivers::SelEntry>& entries,
                                                   std::size_t most);

}  // namespace colony::daemon
