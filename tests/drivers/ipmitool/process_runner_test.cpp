#include "drivers/ipmitool/process_runner.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"

using namespace colony;
using namespace std::chrono_literals;

namespace {

core::Result<drivers::ProcessResult> run(drivers::ProcessOrder order, core::Duration span) {
  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  core::TaskGroup group(timers);
  std::optional<core::Result<drivers::ProcessResult>> out;
  const auto keep = [](core::Task<core::Result<drivers::ProcessResult>> task, auto& kept) -> core::Task<> {
    kept.emplace(co_await std::move(task));
  };
  group.spawn("run", keep(drivers::run_process(timers, std::move(order), timers.now() + span), out));
  loop.run();
  return std::move(*out);
}

}  // namespace

TEST(ProcessRunner, ReturnsBothStreamsAndTheExitCode) {
  const auto result = run(
      {.program = "sh", .arguments = {"-c", "echo out; echo err >&2; exit 3"}, .secret_variable = {}}, 10s);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->output, "out\n");
  EXPECT_EQ(result->diagnostics, "err\n");
}

TEST(ProcessRunner, PassesTheSecretInTheEnvironmentOnly) {
  const core::Secret secret("hush");
  const auto result = run({.program = "sh",
                           .arguments = {"-c", "echo $IPMI_PASSWORD; tr '\\0' ' ' < /proc/$$/cmdline"},
                           .secret_variable = "IPMI_PASSWORD",
                           .secret = &secret},
                          10s);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.substr(0, 5), "hush\n");
  EXPECT_EQ(result->output.find("hush", 5), std::string::npos);
}

TEST(ProcessRunner, GivesASecretOnStandardInputAsAFileThatCanBeOpened) {
  const core::Secret script("hush\n");
  const auto result = run({.program = "sh",
                           .arguments = {"-c", "cat /proc/self/fd/0; tr '\\0' ' ' < /proc/$$/cmdline; env"},
                           .secret_variable = {},
                           .input = &script},
                          10s);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.substr(0, 5), "hush\n");
  EXPECT_EQ(result->output.find("hush", 5), std::string::npos);
}

TEST(ProcessRunner, KillsAtTheDeadline) {
  const auto result = run({.program = "sleep", .arguments = {"1000"}, .secret_variable = {}}, 50ms);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "process.timed_out");
}

TEST(ProcessRunner, BoundsWhatAProgramWrites) {
  const auto result =
      run({.program = "sh", .arguments = {"-c", "yes 2>/dev/null"}, .secret_variable = {}}, 10s);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_LE(result->output.size(), drivers::max_process_output);
}

TEST(ProcessRunner, NamesAMissingProgram) {
  const auto result = run({.program = "no-such-program-here", .arguments = {}, .secret_variable = {}}, 1s);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, core::ErrorKind::not_found);
}
