#include "daemon/init/system_service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace colony::daemon {

namespace {

constexpr const char* user = "colony";
constexpr std::array<std::string_view, 2> secret_variables{"COLONY_API_KEY=", "IPMI_PASSWORD="};

/// sd_booted(3): systemd is the system's first process.
bool systemd_runs() {
  return ::access("/run/systemd/system", F_OK) == 0;
}

enum class StandardOutput : std::uint8_t { ours, hidden };

/// Runs a program without a shell. Its exit status, or -1.
int run(std::vector<std::string> words, StandardOutput output = StandardOutput::ours) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0) return -1;
  if (output == StandardOutput::hidden) {
    (void)::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  pid_t child = 0;
  std::vector<char*> environment = environment_of_children(environ);
  const int spawned =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) return -1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool quiet(std::vector<std::string> words) {
  words.insert(words.begin() + 1, "--quiet");
  return run(std::move(words)) == 0;
}

std::optional<FileOwner> find_user() {
  // One thread, at start: getpwnam's static buffer is nobody else's.
  const passwd* entry = ::getpwnam(user);
  if (entry == nullptr) return std::nullopt;
  return FileOwner{entry->pw_uid, entry->pw_gid};
}

}  // namespace

std::vector<char*> environment_of_children(char** ours) {
  std::vector<char*> plain;
  for (; ours != nullptr && *ours != nullptr; ++ours) {
    const std::string_view text(*ours);
    const auto named = [text](std::string_view name) { return text.starts_with(name); };
    if (std::ranges::none_of(secret_variables, named)) plain.push_back(*ours);
  }
  plain.push_back(nullptr);
  return plain;
}

std::optional<FileOwner> SystemService::service_user() {
  if (::geteuid() != 0 || !systemd_runs()) return std::nullopt;
  if (const auto found = find_user()) return found;
  for (const char* file : {"/usr/lib/sysusers.d/colony.conf", "/usr/local/lib/sysusers.d/colony.conf"}) {
    if (::access(file, R_OK) == 0 && run({"systemd-sysusers", file}) == 0) return find_user();
  }
  return std::nullopt;
}

core::Result<ServiceControl::Started> SystemService::start(bool changed) {
  if (!systemd_runs()) return Started::no_systemd;
  if (run({"systemctl", "cat", unit_}, StandardOutput::hidden) != 0) return Started::no_unit;
  const bool active = quiet({"systemctl", "is-active", unit_});
  if (active && !changed) return Started::running;
  const bool enabled = quiet({"systemctl", "enable", unit_});
  const bool started = enabled && quiet({"systemctl", active ? "restart" : "start", unit_});
  if (!started) {
    return core::fail(core::ErrorKind::io, "init.service",
                      fmt::format("colonyd did not become ready; see: journalctl -u {} -n 50", unit_));
  }
  return active ? Started::restarted : Started::started;
}

}  // namespace colony::daemon
