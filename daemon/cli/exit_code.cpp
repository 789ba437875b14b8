#include "daemon/cli/exit_code.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace colony::daemon::cli {

namespace {

using core::ErrorKind;

/// The kind says what happened where it happened; these say more of what the operator typed.
struct Exception {
  std::string_view code;
  ExitCode exit;
};
constexpr std::array exceptions{
    // A name of something that this machine or this server does not have.
    Exception{"cli.no_file", ExitCode::arguments},
    Exception{"wipe.unknown_disk", ExitCode::arguments},
    Exception{"provision.unknown_disk", ExitCode::arguments},
    Exception{"provision.unknown_nic", ExitCode::arguments},
    Exception{"address.interface_missing", ExitCode::arguments},
    // Somebody did answer: what is wrong is not on the way there.
    Exception{"bmc.power_not_seen", ExitCode::general},
    Exception{"bmc.power_ignored", ExitCode::general},
    Exception{"address.interface_down", ExitCode::general},
    Exception{"address.late", ExitCode::general},
    // The hosted side answers, and takes nothing now.
    Exception{"hosted.rate_limited", ExitCode::network},
};

/// The local API writes WIPE_UNKNOWN_DISK for wipe.unknown_disk.
std::string plain(std::string_view code) {
  std::string out(code);
  const bool shouted = std::ranges::any_of(out, [](unsigned char c) { return std::isupper(c) != 0; });
  if (!shouted) return out;
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (const auto end = out.find('_'); end != std::string::npos) out[end] = '.';
  return out;
}

}  // namespace

ExitCode exit_code_of(const core::Error& error) {
  const std::string code = plain(error.code);
  const auto found = std::ranges::find(exceptions, code, &Exception::code);
  if (found != exceptions.end()) return found->exit;
  // Whoever answers there is not who was called.
  if (code.starts_with("hosted.tls")) return ExitCode::network;
  switch (error.kind) {
    case ErrorKind::invalid_input: return ExitCode::arguments;
    case ErrorKind::timed_out:
    case ErrorKind::unreachable: return ExitCode::network;
    case ErrorKind::unauthorized: return ExitCode::authentication;
    default: return ExitCode::general;
  }
}

}  // namespace colony::daemon::cli
