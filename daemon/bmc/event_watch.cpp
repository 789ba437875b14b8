#include "daemon/bmc/event_watch.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::daemon {

using core::Result;
using core::Task;

namespace {

bool is_power_act(const workflows::IntentRow& intent) {
  return intent.act == "power_on" || intent.act == "power_off";
}

bool has_failed(const workflows::WorkflowRow& row) {
  return row.status == workflows::WorkflowStatus::failed || !row.error_code.empty();
}

bool touches_disks(const workflows::WorkflowRow& row) {
  return row.type == "cluster-provision" || row.type == "disk-wipe";
}

std::string text_of(const drivers::SelEntry& entry) {
  std::string text = fmt::format("{}: {}", entry.sensor, entry.event);
  while (text.ends_with(' ')) text.pop_back();
  return entry.asserted ? text : text + ", no longer";
}

}  // namespace

struct EventWatch::Place {
  Place(core::Timers& timers, core::AssetId of) : asset(of), changed(timers) {}

  core::AssetId asset;
  core::Wakeup changed;
  std::optional<core::WorkflowId> workflow;  // in hand
  bool failed = false;                       // it, and that was looked into
  std::optional<core::BootTime> due;
  bool started = false;  // switched on since the last look
  bool wants_sensors = false;
  unsigned failures = 0;
  std::optional<drivers::BmcEndpoint> bmc;  // whose log `mark` is of
  std::optional<drivers::SelMark> mark;
  bool overflow = false;
};

EventWatch::EventWatch(World world) : world_(world), tasks_(world.timers) {}
EventWatch::~EventWatch() = default;

EventWatch::Place& EventWatch::place(const core::AssetId& asset) {
  auto& found = places_[asset];
  if (!found) {
    found = std::make_unique<Place>(world_.timers, asset);
    tasks_.spawn("bmc.events", run(*found));
  }
  return *found;
}

void EventWatch::on_rows(const workflows::StagedBatch& rows) {
  const auto now = world_.timers.now();
  for (const auto& workflow : rows.workflows) {
    const bool running = workflow->status == workflows::WorkflowStatus::running;
    if (!running && !places_.contains(workflow->asset)) continue;
    Place& at = place(workflow->asset);
    if (running && at.workflow != workflow->id) {
      at.workflow = workflow->id;
      at.failed = false;
      at.failures = 0;
      at.wants_sensors = touches_disks(*workflow);
      at.due = now;
    } else if (at.workflow == workflow->id && has_failed(*workflow) && !at.failed) {
      at.failed = true;
      at.due = now;
    }
    at.changed.wake();
  }
  for (const auto& intent : rows.intents) {
    if (!is_power_act(*intent) || intent->state == workflows::IntentState::intended) continue;
    if (!places_.contains(intent->asset)) continue;
    Place& at = place(intent->asset);
    if (at.failures >= max_failures) continue;
    at.started = intent->act == "power_on";
    at.due = now + settle;
    at.changed.wake();
  }
}

Task<> EventWatch::run(Place& place) {
  for (;;) {
    const auto due = place.due.value_or(core::BootTime::max());
    if (world_.timers.now() < due) {
      (void)co_await place.changed.wait_until(due);
      continue;
    }
    place.due.reset();
    if (place.failures >= max_failures) continue;
    const auto looked = co_await look(place);
    if (looked) {
      place.failures = 0;
      continue;
    }
    ++place.failures;
    world_.log.debug("bmc.events_not_read", looked.error().message,
                     {{"asset", place.asset}, {"code", looked.error().code}});
  }
}

Task<Result<>> EventWatch::look(Place& place) {
  const auto asset = world_.ledger.durable().asset(place.asset);
  if (!asset) co_return Result<>{};
  const auto& record = asset->bmc;
  if (!record) co_return Result<>{};
  const auto bmc = world_.bmcs.at(*record);
  if (!bmc) co_return std::unexpected(bmc.error());
  drivers::BmcRecords* const records = (*bmc)->records();
  if (records == nullptr) {
    place.failures = max_failures;
    co_return Result<>{};
  }
  const drivers::BmcEndpoint endpoint{record->address, record->port};
  const auto& known = place.bmc;
  if (!known || known->address != endpoint.address || known->port != endpoint.port) place.mark.reset();
  place.bmc = endpoint;
  if (auto read = co_await look_at_log(place, *records); !read) co_return read;
  if (!std::exchange(place.started, false)) co_return Result<>{};
  const auto cause = co_await records->restart_cause(world_.timers.now() + patience);
  if (cause && *cause != "unknown") {
    note(place, "bmc.restart_cause", "the BMC says why it started: " + *cause);
  }
  if (!cause && cause.error().kind != core::ErrorKind::unsupported) co_return std::unexpected(cause.error());
  // Now that it is on: a machine that is off has 0 V in places, and no fault for that.
  if (!place.wants_sensors) co_return Result<>{};
  auto looked = co_await look_at_sensors(place, *records);
  place.wants_sensors = !looked;
  co_return looked;
}

Task<Result<>> EventWatch::look_at_log(Place& place, drivers::BmcRecords& records) {
  auto news = co_await records.sel_since(place.mark, world_.timers.now() + patience);
  if (!news) co_return std::unexpected(news.error());
  place.mark = std::move(news->mark);
  // The rest of a long log, at the same pace: what matters most is at its end.
  if (news->behind) place.due = world_.timers.now() + settle;
  if (news->restarted) {
    note(place, "bmc.log_begun_anew", "the BMC's event log was cleared, or has wrapped, since the last look");
  }
  const auto lines = event_lines(news->entries, max_notes);
  if (news->cut || news->entries.size() > max_notes) {
    note(place, "bmc.more_events", "more than these: colony bmc sel list");
  }
  for (const auto& line : lines) note(place, "bmc.event", line);
  if (news->overflow && !place.overflow) {
    note(place, "bmc.log_full", "the BMC's event log is full and loses events: colony bmc sel clear");
  }
  place.overflow = news->overflow;
  co_return Result<>{};
}

Task<Result<>> EventWatch::look_at_sensors(Place& place, drivers::BmcRecords& records) {
  const auto sensors =
      co_await records.sensors(drivers::SensorDetail::states, world_.timers.now() + sensor_patience);
  if (!sensors) co_return std::unexpected(sensors.error());
  if (sensors->cut) {
    note(place, "bmc.sensors_cut",
         fmt::format("{} sensors were looked at until the time was over; there are more",
                     sensors->sensors.size()));
  }
  std::size_t told = 0;
  for (const auto& sensor : sensors->sensors) {
    if (sensor.state != "cr" && sensor.state != "nr") continue;
    if (++told > max_notes) break;
    const auto reading = sensor.value ? fmt::format("{:.6g} {}", *sensor.value, sensor.unit) : std::string();
    note(place, "bmc.sensor_critical",
         fmt::format("{} is {}: {}", sensor.name, sensor.state == "cr" ? "critical" : "non-recoverable",
                     reading));
  }
  co_return Result<>{};
}

void EventWatch::note(const Place& place, std::string_view code, std::string text) {
  core::Evidence evidence;
  evidence.asset = place.asset;
  evidence.at = world_.timers.utc_now();
  evidence.source = "bmc.events";
  evidence.fact = core::Note{std::string(code), std::move(text)};
  world_.evidence.emit(std::move(evidence));
}

Task<> EventWatch::stop() {
  tasks_.cancel();
  co_await tasks_.join();
}

std::vector<std::string> event_lines(const std::vector<drivers::SelEntry>& entries, std::size_t most) {
  struct Line {
    std::string text;
    unsigned times = 0;
    std::optional<core::UtcTime> at;  // of the last time
  };
  std::vector<Line> lines;
  for (const auto& entry : entries) {
    auto text = text_of(entry);
    if (lines.empty() || lines.back().text != text) lines.push_back({std::move(text), 0, {}});
    ++lines.back().times;
    lines.back().at = entry.at;
  }
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  std::vector<std::string> out;
  for (auto& line : lines) {
    if (line.times > 1) line.text += fmt::format(", {} times", line.times);
    if (line.at) line.text += fmt::format(" ({} by the BMC's clock)", core::format_utc(*line.at));
    out.push_back(std::move(line.text));
  }
  return out;
}

}  // namespace colony::daemon
