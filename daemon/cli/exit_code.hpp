#pragma once
// The documented exit codes, and the one rule by which an error has one (docs/common-errors.md, "Exit
// codes"):
//   2  what was typed can never work as typed: a wrong option, a file that is not there, an unknown disk
//   3  the network: nobody answers
//   4  somebody answers and does not let us in
//   1  everything else

#include <cstdint>

#include "core/error.hpp"

namespace colony::daemon::cli {

enum class ExitCode : std::uint8_t {
  success = 0,
  general = 1,
  arguments = 2,
  network = 3,
  authentication = 4
};

[[nodiscard]] ExitCode exit_code_of(const core::Error& error);

}  // namespace colony::daemon::cli
