#pragma once
// One BMC that outlives crashes of the program, and the program itself as far as passwords go: journal,
// workflows, the directory of BMCs and the native driver over a network in memory, under virtual time. It can
// die at a commit, just before or after it, and at a datagram, on its way there or back.

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/virtual_timers.hpp"
#include "daemon/bmc/bmc_directory.hpp"
#include "hw-sim/bmc/bmc_memory.hpp"
#include "tests/workflows/memory_journal.hpp"
#include "workflows/workshop.hpp"

namespace colony::testing {

using namespace std::chrono_literals;

struct Kill {
  workflows::Crash commit{};
  unsigned datagram =
      0;  // from 1, over all lives of the program; 0: none. Lost, and nothing after it arrives
};

class RotationLab {
 public:
  static constexpr std::string_view first_password = "of-the-factory";

  explicit RotationLab(std::uint64_t seed, Kill kill = {}, std::size_t max_sessions = 4);
  RotationLab(const RotationLab&) = delete;
  RotationLab& operator=(const RotationLab&) = delete;
  ~RotationLab();

  [[nodiscard]] bool killed() const;
  /// Another life of the program, which finds what the journal and the BMC hold.
  void restart(Kill kill = {});
  /// No kill any more in this life.
  void disarm() { kill_ = {}; }
  [[nodiscard]] unsigned datagrams() const { return datagrams_; }

  /// A question to the program; nullopt when it dies over it.
  template <class T>
  std::optional<T> ask(std::function<core::Task<T>(workflows::Orders&)> question) {
    auto out = std::make_shared<std::optional<T>>();
    const auto serve = [](workflows::Orders& orders, std::function<core::Task<T>(workflows::Orders&)> put,
                          std::shared_ptr<std::optional<T>> to) -> core::Task<> {
      to->emplace(co_await put(orders));
    };
    requests().spawn("ask", serve(orders(), std::move(question), out));
    timers.run_until([&] { return out->has_value() || killed(); }, timers.now() + 1h);
    if (killed()) return std::nullopt;
    return std::move(*out);
  }
  [[nodiscard]] workflows::Orders& orders();

  /// Enrols the BMC; false when the program died.
  bool enrol();
  /// Orders a rotation under one operation id and waits for its end; nullopt when the program died.
  std::optional<workflows::WorkflowRow> rotate(const std::string& operation = "op-1");
  [[nodiscard]] core::AssetId asset() const;
  [[nodiscard]] const workflows::BmcRecord& record() const;
  [[nodiscard]] const hw_sim::BmcUserTable::User& account() { return model.users().user({2}); }
  /// Is the BMC's password one of those that the journal holds?
  [[nodiscard]] bool password_is_known();
  /// Asks for the power state, as anybody does who uses the BMC.
  std::string look_at_power();

  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::Log log = core::Log::silent();
  workflows::Disk disk;
  core::SeededRandom random;
  hw_sim::PlainChassis chassis;
  hw_sim::BmcModel model;
  core::TaskGroup tasks{timers};

 private:
  struct Program;
  [[nodiscard]] core::TaskGroup& requests();
  bool is_lost();
  void end_program();

  std::uint64_t seed_;
  unsigned lives_ = 0;
  unsigned datagrams_ = 0;
  Kill kill_;
  bool wire_dead_ = false;
  std::unique_ptr<Program> program_;
};

}  // namespace colony::testing
