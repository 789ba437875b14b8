#include <deque>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/random.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/console_talk.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using core::Result;
using core::Task;

/// A serial line that colonyd holds: its output is one long answer, what is typed are short requests.
class ApiSerialLine final : public drivers::SerialLine {
 public:
  static constexpr std::size_t max_waiting = 16UL * 1024;

  ApiSerialLine(Session& session, const std::string& asset, bool take)
      : session_(session),
        target_(fmt::format("{}?view={}", api_path({"assets", asset, "console"}), view_name())),
        take_(take),
        heard_(session.timers),
        typed_(session.timers),
        tasks_(session.timers) {}

  /// True once the line is open; else why not.
  Task<Result<>> open() {
    tasks_.spawn("console.listen", listen(*this));
    while (!open_ && !end_) co_await heard_.wait();
    if (end_ && !open_) co_return std::unexpected(*end_);
    tasks_.spawn("console.send", send(*this));
    co_return Result<>{};
  }

  Task<Result<drivers::SerialOutput>> read(core::BootTime deadline) override {
    while (output_.bytes.empty()) {
      const auto& end = end_;
      if (end) co_return std::unexpected(*end);
      const bool woken = co_await heard_.wait_until(deadline);
      if (!woken) break;
    }
    co_return std::exchange(output_, {});
  }
  bool write(core::ByteView bytes) override {
    if (end_ || waiting_.size() + bytes.size() > max_waiting) return false;
    waiting_ += core::as_text(bytes);
    typed_.wake();
    return true;
  }
  void send_break() override {
    break_ = true;
    typed_.wake();
  }
  Task<> close() override {
    tasks_.cancel();
    co_await tasks_.join();
  }

 private:
  static std::string view_name() {
    core::SystemRandom random;
    return fmt::format("cli-{:08x}{:08x}", random.u32(), random.u32());
  }

  static Task<> listen(ApiSerialLine& self) {
    const auto ended = co_await self.session_.api.follow(
        self.target_ + (self.take_ ? "&take=true" : ""),
        [&self](const Json& event) {
          self.hear(event);
          return ApiClient::Next::go_on;
        },
        [&self] {
          self.open_ = true;
          self.heard_.wake();
        });
    if (!self.end_) {
      self.end_ =
          ended ? core::Error{core::ErrorKind::unreachable, "api.unreachable", "colonyd ended the console"}
                : ended.error();
    }
    self.heard_.wake();
  }

  void hear(const Json& event) {
    if (const auto hex = core::json_text(event, "output")) {
      const auto bytes = core::parse_hex(*hex);
      if (bytes) output_.bytes.insert(output_.bytes.end(), bytes->begin(), bytes->end());
    }
    output_.lost += core::json_uint(event, "lost").value_or(0);
    if (const Json* const end = core::json_member(event, "end"); end != nullptr && end->is_object()) {
      end_ = core::Error{core::ErrorKind::unreachable, text_of(*end, "code"), text_of(*end, "message")};
    }
    heard_.wake();
  }

  static Task<> send(ApiSerialLine& self) {
    for (;;) {
      if (self.waiting_.empty() && !self.break_) {
        co_await self.typed_.wait();
        continue;
      }
      std::string target = self.target_;
      if (std::exchange(self.break_, false)) target += "&break=true";
      const auto sent = co_await self.session_.api.post_text(target, std::exchange(self.waiting_, {}));
      if (sent || sent.error().code == "CONSOLE_SLOW") continue;
      if (!self.end_) self.end_ = sent.error();
      self.heard_.wake();
      co_return;
    }
  }

  Session& session_;
  std::string target_;
  bool take_;
  bool open_ = false;
  bool break_ = false;
  drivers::SerialOutput output_;
  std::string waiting_;
  std::optional<core::Error> end_;
  core::Wakeup heard_, typed_;
  core::TaskGroup tasks_;
};

class ConsoleCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"console", "The machine's serial line; or what it printed at its boots",
            "  colony console web-1            leave with ~. at the start of a line\n"
            "  colony console web-1 --take     from the session that has it\n"
            "  colony console web-1 --log      what was captured while a workflow had it in hand\n"
            "  colony console web-1 < /dev/null > boot.log     only records, until it is ended"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "Name, id, serial, MAC or BMC address");
    arguments.flag("--take", take_, "End the session that has the line now");
    arguments.flag("--log", log_, "Show the captured boots instead");
  }
  [[nodiscard]] Task<ExitCode> run(Session& session) override {
    if (log_) co_return co_await show_log(session);
    ApiSerialLine line(session, asset_, take_);
    const auto opened = co_await line.open();
    if (!opened) {
      co_await line.close();
      co_return report_error(session, opened.error());
    }
    co_return co_await talk(session, line, asset_);
  }

 private:
  Task<ExitCode> show_log(Session& session) {
    const auto log = co_await session.api.get(api_path({"assets", asset_, "console-log"}));
    if (!log) co_return report_error(session, log.error());
    if (session.output == Output::json) {
      print_json(session, *log);
      co_return ExitCode::success;
    }
    const Json* const boots = core::json_member(*log, "boots");
    if (boots == nullptr || boots->empty()) {
      session.console.err("nothing captured: that happens while a workflow has the machine in hand\n");
      co_return ExitCode::success;
    }
    for (const auto& boot : *boots) {
      session.console.out(
          fmt::format("==> boot of {} <==\n{}", text_of(boot, "boot"), text_of(boot, "text")));
    }
    co_return ExitCode::success;
  }

  std::string asset_;
  bool take_ = false, log_ = false;
};

}  // namespace

std::unique_ptr<Command> make_console_command() {
  return std::make_unique<ConsoleCommand>();
}

}  // namespace colony::daemon::cli
