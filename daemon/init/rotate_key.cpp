#include "daemon/init/rotate_key.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/config.hpp"
#include "daemon/config/files.hpp"
#include "daemon/init/api_key_form.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;
using core::Result;
using Outcome = InitStep::Outcome;

Result<Config> linked_config(const std::string& directory) {
  auto config = load_config(directory + "/colony.yaml");
  if (!config) {
    return core::fail(ErrorKind::invalid_input, "init.config", config.error().front().to_string());
  }
  if (!config->hosted.enabled) {
    return core::fail(
        ErrorKind::refused, "init.config",
        fmt::format("{}/colony.yaml: hosted.enabled is false: this appliance has no hosted side", directory));
  }
  return std::move(*config);
}

/// Owner of what is replaced, so that the daemon can read what comes in its place.
std::optional<FileOwner> owner_of(const std::string& path) {
  struct stat status{};
  if (::geteuid() != 0 || ::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileOwner{status.st_uid, status.st_gid};
}

Result<> write_key(const std::string& path, const core::Secret& key, std::optional<FileOwner> owner) {
  std::string line = std::string(key.reveal()) + "\n";
  auto written = write_atomically(path, line, 0600, owner);
  core::wipe_text(line);
  return written;
}

/// The agent of this configuration is known with this key; without an agent, the key alone is looked at.
Result<> prove(const core::Secret& key, const Config& config, HostedRegistration& hosted) {
  const auto known = hosted.prove({config.hosted.url, config.hosted.ca_file, key}, config.agent_id);
  if (!known) return std::unexpected(known.error());
  if (*known) return {};
  return core::fail(
      ErrorKind::refused, "hosted.other_datacenter",
      fmt::format(
          "the key is accepted at {}, but agent {} is not known with it; is it a key of datacenter {}? "
          "Nothing was changed",
          config.hosted.url.text(), config.agent_id.text(), config.datacenter_id.text()));
}

}  // namespace

Result<KeyRotation> rotate_key(const core::Secret& key, const std::string& config_dir,
                               HostedRegistration& hosted, const ReportStep& report) {
  const auto note = check_api_key_form(key.reveal());
  if (!note) return std::unexpected(note.error());
  report({"API key", note->empty() ? Outcome::done : Outcome::note,
          note->empty() ? "has the usual form" : *note});
  const auto config = linked_config(config_dir);
  if (!config) return std::unexpected(config.error());
  if (const auto proved = prove(key, *config, hosted); !proved) return std::unexpected(proved.error());
  report({"proof", Outcome::done,
          config->agent_id.empty() ? fmt::format("{} accepts it", config->hosted.url.text())
                                   : fmt::format("{} accepts it for agent {}", config->hosted.url.text(),
                                                 config->agent_id.text())});

  KeyRotation rotation{config->hosted.api_key_file.text(), {}, config->api.socket.text()};
  const auto old = read_secret_file(rotation.key_file);
  if (old && old->equals(key.reveal())) {
    report({"key file", Outcome::unchanged, fmt::format("{} holds it already", rotation.key_file)});
    return rotation;
  }
  const auto owner = owner_of(rotation.key_file);
  if (old) {
    rotation.old_file = rotation.key_file + ".old";
    if (auto kept = write_key(rotation.old_file, *old, owner); !kept) return std::unexpected(kept.error());
  }
  if (auto written = write_key(rotation.key_file, key, owner); !written) {
    return std::unexpected(written.error());
  }
  report({"key file", Outcome::done, fmt::format("{}, mode 0600", rotation.key_file)});
  return rotation;
}

Result<> forget_old_key(const KeyRotation& rotation) {
  if (rotation.old_file.empty() || ::unlink(rotation.old_file.c_str()) == 0 || errno == ENOENT) return {};
  return core::fail_errno("init.write", rotation.old_file, errno);
}

}  // namespace colony::daemon
