#include "daemon/config/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/file_descriptor.hpp"
#include "daemon/config/config.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;
using core::Result;
using core::Secret;

constexpr std::size_t secret_limit = 4096;

struct OpenFile {
  core::FileDescriptor fd;
  struct stat status{};
};

Result<OpenFile> open_regular(const std::string& path, const char* code) {
  OpenFile out;
  // O_NONBLOCK: opening a FIFO must not hang the daemon; it is refused below.
  out.fd = core::FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!out.fd.valid()) {
    if (errno == ENOENT) return core::fail(ErrorKind::not_found, code, fmt::format("{}: no such file", path));
    return core::fail_errno(code, path, errno);
  }
  if (::fstat(out.fd.get(), &out.status) != 0) return core::fail_errno(code, path, errno);
  if (!S_ISREG(out.status.st_mode)) {
    return core::fail(ErrorKind::invalid_input, code, fmt::format("{}: not a regular file", path));
  }
  return out;
}

Result<std::string> read_all(const OpenFile& file, const std::string& path, std::size_t limit,
                             const char* code) {
  std::string text(limit + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(file.fd.get(), text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return core::fail_errno(code, path, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled > limit) {
    core::wipe_text(text);
    return core::fail(ErrorKind::invalid_input, code,
                      fmt::format("{}: larger than {} bytes, the most that is read", path, limit));
  }
  text.resize(filled);
  return text;
}

Secret take_line(std::string& text) {
  std::string_view line = text;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Secret secret(line);
  core::wipe_text(text);
  return secret;
}

}  // namespace

std::string store_key_beside(const std::string& config_file) {
  return (std::filesystem::path(config_file).parent_path() / "store.key").string();
}

Result<std::string> read_small_file(const std::string& path, std::size_t limit) {
  auto file = open_regular(path, "config.file");
  if (!file) return std::unexpected(std::move(file.error()));
  return read_all(*file, path, limit, "config.file");
}

Result<Secret> read_secret_file(const std::string& path) {
  auto file = open_regular(path, "secret.file");
  if (!file) return std::unexpected(std::move(file.error()));
  const auto mode = file->status.st_mode & 07777;
  if ((mode & 077) != 0) {
    return core::fail(
        ErrorKind::invalid_input, "secret.permissions",
        fmt::format("{}: mode {:04o} lets others read it; run: chmod 0600 {}", path, mode, path));
  }
  if (file->status.st_uid != 0 && file->status.st_uid != ::geteuid()) {
    return core::fail(ErrorKind::invalid_input, "secret.permissions",
                      fmt::format("{}: belongs to user {}; it must belong to root or to user {}", path,
                                  file->status.st_uid, ::geteuid()));
  }
  auto text = read_all(*file, path, secret_limit, "secret.file");
  if (!text) return std::unexpected(std::move(text.error()));
  Secret secret = take_line(*text);
  if (secret.empty()) {
    return core::fail(ErrorKind::invalid_input, "secret.empty", fmt::format("{}: the file is empty", path));
  }
  return secret;
}

Result<Secret> ApiKeySource::read(const std::string& key_file) {
  // systemd.exec(5), LoadCredential=: a file only this service can read, whatever its mode looks like.
  if (const char* directory = std::getenv("CREDENTIALS_DIRECTORY"); directory != nullptr) {
    const std::string path = fmt::format("{}/api-key", directory);
    auto file = open_regular(path, "secret.file");
    if (file) {
      auto text = read_all(*file, path, secret_limit, "secret.file");
      if (!text) return std::unexpected(std::move(text.error()));
      Secret secret = take_line(*text);
      if (!secret.empty()) return secret;
    } else if (file.error().kind != ErrorKind::not_found) {
      return std::unexpected(std::move(file.error()));
    }
  }
  if (char* variable = std::getenv("COLONY_API_KEY"); variable != nullptr && *variable != '\0') {
    from_environment_ = Secret{std::string_view(variable)};
    // Children and /proc/PID/environ must not carry it on.
    core::wipe_memory(variable, std::strlen(variable));
    ::unsetenv("COLONY_API_KEY");
  }
  if (!from_environment_.empty()) return from_environment_.clone();
  auto from_file = read_secret_file(key_file);
  if (!from_file && from_file.error().kind == ErrorKind::not_found) {
    return core::fail(
        ErrorKind::not_found, "secret.missing",
        fmt::format("no API key: neither the systemd credential api-key, nor COLONY_API_KEY, nor "
                    "the file {} is there",
                    key_file));
  }
  return from_file;
}

std::expected<Config, ConfigFaults> load_config(const std::string& path) {
  auto text = read_small_file(path, 256UL * 1024);
  if (!text) {
    std::string what = text.error().message;
    if (what.starts_with(path + ": ")) what.erase(0, path.size() + 2);
    const bool missing = text.error().kind == ErrorKind::not_found;
    return std::unexpected(ConfigFaults{
        {path, 0, "", std::move(what),
         missing ? "a readable colony.yaml; create it with `colony init`" : "a readable colony.yaml"}});
  }
  return parse_config(*text, path);
}

}  // namespace colony::daemon
