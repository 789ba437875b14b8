#pragma once

#include <string_view>

namespace colony::daemon {

/// One version for all programs: CMakeLists.txt's project(VERSION).
[[nodiscard]] std::string_view program_version();

}  // namespace colony::daemon
