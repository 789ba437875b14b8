#include <algorithm>
#include <array>
#include <cstring>

#include "daemon/cli/arguments.hpp"

namespace colony::daemon::cli {

namespace {

constexpr std::array<std::string_view, 2> secret_flags{"--password", "--api-key"};

void overwrite(char* text) {
  std::memset(text, '*', std::strlen(text));
}

}  // namespace

std::vector<std::string> take_arguments(int argc, char** argv) {
  std::vector<std::string> out(argv, argv + argc);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = out[static_cast<std::size_t>(i)];
    if (std::ranges::find(secret_flags, argument) != secret_flags.end()) {
      if (i + 1 < argc) overwrite(argv[i + 1]);
      continue;
    }
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) continue;
    if (std::ranges::find(secret_flags, argument.substr(0, equals)) != secret_flags.end()) {
      overwrite(argv[i] + equals + 1);
    }
  }
  return out;
}

}  // namespace colony::daemon::cli
