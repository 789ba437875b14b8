#pragma once
// The serial consoles of all machines: one line for each, opened while somebody looks at it, or while a
// workflow has the machine in hand and two minutes on, and shared by everybody who looks. What a machine
// prints during a workflow goes onto its timeline, boot by boot (boot_record.hpp).
//
// Capturing is the lesser guest: it takes no line from anybody, waits 5 s at most for the BMC, and after
// three failures leaves it alone until the next workflow. A line runs inside the session that power commands
// use, so it takes no session away from them.

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "daemon/bmc/boot_record.hpp"
#include "drivers/serial_console.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::daemon {

/// Somebody who looks.
class ConsoleView {
 public:
  static constexpr std::size_t max_unread = 256UL * 1024;
  explicit ConsoleView(core::Timers& timers) : changed_(timers) {}

  struct News {
    std::string output;
    std::uint64_t lost = 0;
    std::optional<core::Error> end;
  };
  /// Waits until there is something, at most until the deadline.
  [[nodiscard]] core::Task<News> next(core::BootTime deadline);

 private:
  friend class ConsoleHub;
  core::Wakeup changed_;
  News news_;
  bool open_ = false;
};

class ConsoleHub {
 public:
  static constexpr std::size_t max_views = 64;

  struct World {
    core::Timers& timers;
    const core::Log& log;
    const workflows::Ledger& ledger;
    core::EvidenceSink& evidence;
    workflows::BmcDirectory& bmcs;
  };
  ConsoleHub(World world, bool capture);
  ConsoleHub(const ConsoleHub&) = delete;
  ConsoleHub& operator=(const ConsoleHub&) = delete;
  ~ConsoleHub();

  /// What became durable: workflows that begin and end, machines that are switched on.
  void on_rows(const workflows::StagedBatch& rows);
  void set_capture(bool capture) { capture_ = capture; }

  /// The line of this asset, once it is open. `name` is the viewer's own, for type() and send_break(). When
  /// the last reference goes, the line is given back. Errors: console.exists, console.full, bmc.no_console,
  /// asset.no_bmc, and those of SerialConsole::open_serial.
  [[nodiscard]] core::Task<core::Result<std::shared_ptr<ConsoleView>>> open(core::AssetId asset,
                                                                            std::string name,
                                                                            drivers::Contention contention,
                                                                            core::BootTime deadline);
  /// Errors: console.not_open, console.slow (the machine does not take so much).
  [[nodiscard]] core::Result<> type(const core::AssetId& asset, const std::string& name,
                                    std::string_view text);
  [[nodiscard]] core::Result<> send_break(const core::AssetId& asset, const std::string& name);

  /// Gives every line back. Await it before destruction.
  [[nodiscard]] core::Task<> stop();

 private:
  struct Feed;
  using View = std::weak_ptr<ConsoleView>;

  [[nodiscard]] Feed& feed(const core::AssetId& asset);
  [[nodiscard]] core::Task<> run(Feed& feed);
  [[nodiscard]] core::Task<> read(Feed& feed);
  [[nodiscard]] core::Task<core::Result<>> open_line(Feed& feed);
  [[nodiscard]] core::Task<> use_line(Feed& feed);
  void on_output(Feed& feed, const drivers::SerialOutput& output);
  void write_record(Feed& feed);
  void end_views(Feed& feed, const core::Error& why);
  [[nodiscard]] bool captures(const Feed& feed) const;
  [[nodiscard]] core::BootTime due(const Feed& feed) const;
  [[nodiscard]] bool wanted(Feed& feed) const;
  [[nodiscard]] core::Result<Feed*> feed_of(const core::AssetId& asset, const std::string& name);

  World world_;
  bool capture_;
  bool stopping_ = false;
  std::map<core::AssetId, std::unique_ptr<Feed>> feeds_;
  core::TaskGroup tasks_;
};

}  // namespace colony::daemon
