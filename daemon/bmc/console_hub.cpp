#include "daemon/bmc/console_hub.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::daemon {

using core::Result;
using core::Task;

namespace {

using namespace std::chrono_literals;

constexpr core::Duration capture_patience = 5s;
constexpr core::Duration viewer_patience = 20s;
constexpr core::Duration again_after = 10s;
/// An order to switch on is done when the power is seen; what the machine says comes after that.
constexpr core::Duration after_workflow = 2min;
constexpr unsigned max_failures = 3;  // of a capture, in one workflow

Result<std::shared_ptr<drivers::Bmc>> bmc_of(const workflows::Ledger& ledger, workflows::BmcDirectory& bmcs,
                                             const core::AssetId& id) {
  const auto asset = ledger.durable().asset(id);
  if (!asset) return core::fail(core::ErrorKind::not_found, "asset.not_found", "no such asset");
  const auto& record = asset->bmc;
  if (!record) {
    return core::fail(core::ErrorKind::unsupported, "asset.no_bmc",
                      "this asset has no BMC: hand it over with colony add-ipmi");
  }
  return bmcs.at(*record);
}

}  // namespace

struct ConsoleHub::Feed {
  Feed(core::Timers& timers, core::AssetId of)
      : asset(of), changed(std::make_shared<core::Wakeup>(timers)), reader(timers) {}

  core::AssetId asset;
  std::shared_ptr<core::Wakeup> changed;  // views wake it when they go
  std::map<std::string, View> views;
  drivers::Contention contention = drivers::Contention::refuse;
  bool in_hand = false;            // of a workflow
  core::BootTime capture_until{};  // max() meanwhile
  unsigned failures = 0;
  core::BootTime not_before{};
  std::shared_ptr<drivers::Bmc> bmc;
  std::unique_ptr<drivers::SerialLine> line;
  std::optional<core::Error> line_end;
  BootRecord record;
  core::TaskGroup reader;

  [[nodiscard]] std::vector<std::shared_ptr<ConsoleView>> open_views() {
    std::erase_if(views, [](const auto& entry) { return entry.second.expired(); });
    std::vector<std::shared_ptr<ConsoleView>> out;
    for (const auto& [name, view] : views) {
      if (auto held = view.lock()) out.push_back(std::move(held));
    }
    return out;
  }
};

Task<ConsoleView::News> ConsoleView::next(core::BootTime deadline) {
  while (news_.output.empty() && !news_.end) {
    const bool woken = co_await changed_.wait_until(deadline);
    if (!woken) break;
  }
  News news = std::exchange(news_, {});
  news_.end = news.end;
  co_return news;
}

ConsoleHub::ConsoleHub(World world, bool capture) : world_(world), capture_(capture), tasks_(world.timers) {}
ConsoleHub::~ConsoleHub() = default;

ConsoleHub::Feed& ConsoleHub::feed(const core::AssetId& asset) {
  auto& place = feeds_[asset];
  if (!place) {
    place = std::make_unique<Feed>(world_.timers, asset);
    tasks_.spawn("console", run(*place));
  }
  return *place;
}

void ConsoleHub::on_rows(const workflows::StagedBatch& rows) {
  if (!capture_ || stopping_) return;
  for (const auto& workflow : rows.workflows) {
    if (workflow->type == "bmc-rotate") continue;  // nothing boots, and the session's place is needed
    const bool running = workflow->status == workflows::WorkflowStatus::running;
    const auto known = feeds_.find(workflow->asset);
    if (running ? known != feeds_.end() && known->second->in_hand : known == feeds_.end()) continue;
    if (!running && world_.ledger.durable().running(workflow->asset)) continue;
    Feed& place = feed(workflow->asset);
    if (running) {
      place.failures = 0;
      place.not_before = {};
      place.capture_until = core::BootTime::max();
    } else if (place.in_hand) {
      place.capture_until = world_.timers.now() + after_workflow;
    }
    place.in_hand = running;
    place.changed->wake();
  }
  for (const auto& intent : rows.intents) {
    if (intent->act != "power_on" || intent->state != workflows::IntentState::intended) continue;
    Feed& place = feed(intent->asset);
    place.record.begin(intent->intended_at);
    place.changed->wake();
  }
}

bool ConsoleHub::captures(const Feed& feed) const {
  return capture_ && world_.timers.now() < feed.capture_until;
}

/// When there may be something to do without anybody saying so.
core::BootTime ConsoleHub::due(const Feed& feed) const {
  const auto record = feed.record.deadline().value_or(core::BootTime::max());
  return captures(feed) ? std::min(record, feed.capture_until) : record;
}

bool ConsoleHub::wanted(Feed& feed) const {
  if (stopping_) return false;
  return !feed.open_views().empty() || (captures(feed) && feed.failures < max_failures);
}

Task<> ConsoleHub::run(Feed& feed) {
  while (!stopping_) {
    write_record(feed);
    const auto now = world_.timers.now();
    if (!wanted(feed) || (feed.open_views().empty() && now < feed.not_before)) {
      const auto again = wanted(feed) ? feed.not_before : core::BootTime::max();
      (void)co_await feed.changed->wait_until(std::min(again, due(feed)));
      continue;
    }
    const bool asked = !feed.open_views().empty();  // not the views themselves: held, they would never go
    const auto opened = co_await open_line(feed);
    if (opened) {
      co_await use_line(feed);
    } else {
      if (asked) end_views(feed, opened.error());
      ++feed.failures;
      feed.not_before = world_.timers.now() + again_after;
      world_.log.debug("console.not_opened", opened.error().message,
                       {{"asset", feed.asset}, {"code", opened.error().code}});
    }
  }
  feed.record.finish();
  write_record(feed);
}

Task<Result<>> ConsoleHub::open_line(Feed& feed) {
  auto bmc = bmc_of(world_.ledger, world_.bmcs, feed.asset);
  if (!bmc) co_return std::unexpected(bmc.error());
  drivers::SerialConsole* const serial = (*bmc)->serial();
  if (serial == nullptr) {
    feed.failures = max_failures;  // that does not change
    co_return core::fail(core::ErrorKind::unsupported, "bmc.no_console",
                         "the driver of this BMC has no serial console: colony add-ipmi --driver native");
  }
  const bool looked_at = !feed.open_views().empty();
  const auto contention = looked_at ? feed.contention : drivers::Contention::refuse;
  const auto patience = looked_at ? viewer_patience : capture_patience;
  auto line = co_await serial->open_serial(contention, world_.timers.now() + patience);
  feed.contention = drivers::Contention::refuse;  // once asked, once taken
  if (!line) co_return std::unexpected(line.error());
  feed.bmc = std::move(*bmc);
  feed.line = std::move(*line);
  co_return Result<>{};
}

Task<> ConsoleHub::use_line(Feed& feed) {
  feed.line_end.reset();
  feed.reader.spawn("console.read", read(feed));
  while (wanted(feed) && !feed.line_end) {
    for (const auto& view : feed.open_views()) {
      if (view->open_) continue;
      view->open_ = true;
      view->changed_.wake();
    }
    write_record(feed);
    (void)co_await feed.changed->wait_until(due(feed));
  }
  if (!captures(feed)) feed.record.finish();
  feed.reader.cancel();
  co_await feed.reader.join();
  co_await feed.line->close();
  feed.line.reset();
  feed.bmc.reset();
  if (const auto end = std::exchange(feed.line_end, std::nullopt)) {
    end_views(feed, *end);
    ++feed.failures;
    feed.not_before = world_.timers.now() + again_after;
  }
}

Task<> ConsoleHub::read(Feed& feed) {
  for (;;) {
    const auto output = co_await feed.line->read(core::BootTime::max());
    if (!output) {
      feed.line_end = output.error();
      feed.changed->wake();
      co_return;
    }
    on_output(feed, *output);
  }
}

void ConsoleHub::on_output(Feed& feed, const drivers::SerialOutput& output) {
  const auto text = core::as_text(output.bytes);
  for (const auto& view : feed.open_views()) {
    auto& news = view->news_;
    news.output += text;
    news.lost += output.lost;
    if (news.output.size() > ConsoleView::max_unread) {
      const std::size_t over = news.output.size() - ConsoleView::max_unread;
      news.output.erase(0, over);
      news.lost += over;
    }
    view->changed_.wake();
  }
  if (!captures(feed)) return;
  if (output.lost > 0) feed.record.note_loss();
  feed.record.add(text, world_.timers.now());
  feed.changed->wake();
}

void ConsoleHub::write_record(Feed& feed) {
  for (auto& piece : feed.record.take(world_.timers.now())) {
    core::Evidence evidence;
    evidence.asset = feed.asset;
    evidence.at = world_.timers.utc_now();
    evidence.source = "bmc.console";
    evidence.fact = core::ConsoleOutput{piece.boot, std::move(piece.text), piece.cut};
    world_.evidence.emit(std::move(evidence));
  }
}

void ConsoleHub::end_views(Feed& feed, const core::Error& why) {
  for (const auto& view : feed.open_views()) {
    view->news_.end = why;
    view->changed_.wake();
  }
  feed.views.clear();
}

Task<Result<std::shared_ptr<ConsoleView>>> ConsoleHub::open(core::AssetId asset, std::string name,
                                                            drivers::Contention contention,
                                                            core::BootTime deadline) {
  if (stopping_) co_return core::fail(core::ErrorKind::cancelled, "console.closing", "colonyd is stopping");
  if (const auto bmc = bmc_of(world_.ledger, world_.bmcs, asset); !bmc)
    co_return std::unexpected(bmc.error());
  Feed& place = feed(asset);
  const auto looking = place.open_views().size();
  if (place.views.contains(name)) {
    co_return core::fail(core::ErrorKind::conflict, "console.exists", "this view is open already");
  }
  if (looking >= max_views) {
    co_return core::fail(core::ErrorKind::exhausted, "console.full",
                         fmt::format("{} others look at this console already", looking));
  }
  // Its end, however it comes, is noticed: the last one out gives the line back.
  const std::shared_ptr<ConsoleView> view(new ConsoleView(world_.timers),
                                          [changed = place.changed](const ConsoleView* gone) {
                                            delete gone;
                                            changed->wake();
                                          });
  place.views.emplace(std::move(name), view);
  place.contention = contention;
  place.changed->wake();
  while (!view->open_ && !view->news_.end) {
    const bool woken = co_await view->changed_.wait_until(deadline);
    if (!woken) {
      co_return core::fail(core::ErrorKind::timed_out, "console.late",
                           "the BMC did not open the line in time");
    }
  }
  if (const auto& end = view->news_.end; end && !view->open_) co_return std::unexpected(*end);
  co_return view;
}

Result<ConsoleHub::Feed*> ConsoleHub::feed_of(const core::AssetId& asset, const std::string& name) {
  const auto found = feeds_.find(asset);
  const bool open = found != feeds_.end() && found->second->line && found->second->views.contains(name);
  if (!open) return core::fail(core::ErrorKind::not_found, "console.not_open", "this console is not open");
  return found->second.get();
}

Result<> ConsoleHub::type(const core::AssetId& asset, const std::string& name, std::string_view text) {
  const auto found = feed_of(asset, name);
  if (!found) return std::unexpected(found.error());
  if ((*found)->line->write(core::as_bytes(text))) return {};
  return core::fail(core::ErrorKind::exhausted, "console.slow", "the machine does not take so much at once");
}

Result<> ConsoleHub::send_break(const core::AssetId& asset, const std::string& name) {
  const auto found = feed_of(asset, name);
  if (!found) return std::unexpected(found.error());
  (*found)->line->send_break();
  return {};
}

Task<> ConsoleHub::stop() {
  stopping_ = true;
  for (const auto& [asset, place] : feeds_) place->changed->wake();
  co_await tasks_.join();
}

}  // namespace colony::daemon
