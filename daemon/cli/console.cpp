#include "daemon/cli/console.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/net/file_descriptor.hpp"

namespace colony::daemon::cli {

namespace {

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;  // a closed pipe: whoever read has enough
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

constexpr std::size_t max_line = 4096;

}  // namespace

void SystemConsole::out(std::string_view text) {
  write_all(STDOUT_FILENO, text);
}
void SystemConsole::err(std::string_view text) {
  write_all(STDERR_FILENO, text);
}
bool SystemConsole::out_is_terminal() const {
  return ::isatty(STDOUT_FILENO) == 1;
}
bool SystemConsole::err_is_terminal() const {
  return ::isatty(STDERR_FILENO) == 1;
}
bool SystemConsole::in_is_terminal() const {
  return ::isatty(STDIN_FILENO) == 1;
}

std::optional<std::string> SystemConsole::read_line() {
  std::string line;
  char c = 0;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (line.empty()) return std::nullopt;
      return line;
    }
    if (c == '\n') return line;
    if (line.size() < max_line) line += c;
  }
}

std::optional<std::string> SystemConsole::environment(const std::string& name) const {
  const char* value = ::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

core::Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
  const bool input = path == "-";
  const core::FileDescriptor file(input ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    const bool missing = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
    return core::fail_errno(missing ? "cli.no_file" : "cli.file", path, errno);
  }
  std::string text(limit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return core::fail_errno(errno == EISDIR ? "cli.no_file" : "cli.file", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limit) {
    return core::fail(core::ErrorKind::invalid_input, "cli.file",
                      fmt::format("{} is longer than {} bytes", path, limit));
  }
  text.resize(size);
  return text;
}

}  // namespace colony::daemon::cli
