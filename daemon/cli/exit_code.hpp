#pragma once
// The documented exit codes.

#include "core/error.hpp"

namespace colony::daemon::cli {

enum class ExitCode : std::uint8_t {
  success = 0,
  general = 1,
  arguments = 2,
  network = 3,
  authentication = 4
};

[[nodiscard]] ExitCode exit_code_of(core::ErrorKind kind);

}  // namespace colony::daemon::cli
