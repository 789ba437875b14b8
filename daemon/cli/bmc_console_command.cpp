#include <fmt/format.h>

#include "daemon/cli/bmc_line.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/console_talk.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

class BmcConsoleCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc console", "The machine's serial line through its BMC (SOL)",
            "  colony bmc console --ip 10.1.1.20 --username ADMIN\n"
            "  colony bmc console --ip 10.1.1.20 --username ADMIN --take    from the session that has it\n"
            "  colony bmc console --ip 10.1.1.20 --username ADMIN < /dev/null > boot.log"};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("--take", take_, "End the session that has the line now");
    arguments_.declare(arguments, Need::required);
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    auto where = one_bmc(session, arguments_);
    if (!where) co_return report_error(session, where.error());
    auto line = BmcLine::open(session, arguments_);
    if (!line) co_return report_error(session, line.error());
    auto bmc = (*line)->bmc(where->endpoint, std::move(where->credentials));
    const ExitCode exit_code = co_await talk_to(session, *bmc);
    co_await bmc->close();
    bmc.reset();
    co_await (*line)->close();
    co_return exit_code;
  }

 private:
  core::Task<ExitCode> talk_to(Session& session, drivers::Bmc& bmc) {
    drivers::SerialConsole* const serial = bmc.serial();
    if (serial == nullptr) {
      co_return report_error(session, {core::ErrorKind::unsupported, "bmc.no_console",
                                       "this driver has no serial console; use --driver native"});
    }
    const auto contention = take_ ? drivers::Contention::take : drivers::Contention::refuse;
    const auto deadline = session.timers.now() + std::chrono::seconds(arguments_.timeout);
    auto line = co_await serial->open_serial(contention, deadline);
    if (!line) co_return report_error(session, core::with_context(line.error(), arguments_.ip));
    co_return co_await talk(session, **line, arguments_.ip);
  }

  BmcArguments arguments_;
  bool take_ = false;
};

}  // namespace

std::unique_ptr<Command> make_bmc_console_command() {
  return std::make_unique<BmcConsoleCommand>();
}

}  // namespace colony::daemon::cli
