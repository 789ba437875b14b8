#include "daemon/cli/exit_code.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::daemon::cli;

// docs/common-errors.md, "Exit codes".
TEST(ExitCode, IsByOneRuleForAllCommands) {
  struct Row {
    ErrorKind kind;
    const char* code;
    ExitCode exit;
  };
  const Row rows[] = {
      // What was typed can never work as typed.
      {ErrorKind::invalid_input, "init.flag", ExitCode::arguments},
      {ErrorKind::invalid_input, "address.prefix", ExitCode::arguments},
      {ErrorKind::not_found, "address.interface_missing", ExitCode::arguments},
      {ErrorKind::invalid_input, "cli.file", ExitCode::arguments},  // too large
      {ErrorKind::io, "cli.no_file", ExitCode::arguments},
      {ErrorKind::not_found, "WIPE_UNKNOWN_DISK", ExitCode::arguments},
      {ErrorKind::not_found, "wipe.unknown_disk", ExitCode::arguments},
      {ErrorKind::not_found, "provision.unknown_nic", ExitCode::arguments},
      {ErrorKind::invalid_input, "PROVISION_UNKNOWN_DISK", ExitCode::arguments},
      {ErrorKind::not_found, "PROVISION_UNKNOWN_DISK", ExitCode::arguments},
      // Nobody answers.
      {ErrorKind::unreachable, "api.unreachable", ExitCode::network},
      {ErrorKind::timed_out, "ipmi.no_answer", ExitCode::network},
      {ErrorKind::unreachable, "hosted.proxy", ExitCode::network},
      {ErrorKind::refused, "hosted.tls_expired", ExitCode::network},
      {ErrorKind::exhausted, "hosted.rate_limited", ExitCode::network},
      // Somebody answers, and does not let us in.
      {ErrorKind::unauthorized, "hosted.unauthorized", ExitCode::authentication},
      {ErrorKind::unauthorized, "http.permission", ExitCode::authentication},
      // Everything else; somebody did answer.
      {ErrorKind::timed_out, "bmc.power_not_seen", ExitCode::general},
      {ErrorKind::timed_out, "BMC_POWER_NOT_SEEN", ExitCode::general},
      {ErrorKind::unreachable, "address.interface_down", ExitCode::general},
      {ErrorKind::timed_out, "address.late", ExitCode::general},
      {ErrorKind::conflict, "address.conflict", ExitCode::general},
      {ErrorKind::not_found, "ASSET_NOT_FOUND", ExitCode::general},
      {ErrorKind::exhausted, "STORE_FULL", ExitCode::general},
      {ErrorKind::io, "cli.file", ExitCode::general},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(exit_code_of({row.kind, row.code, "why"}), row.exit) << row.code << " " << name(row.kind);
  }
}
