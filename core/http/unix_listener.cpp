#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/http/server.hpp"

namespace colony::core::http {

namespace {

/// True when a process answers at this address.
bool answers(const sockaddr_un& address) {
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return true;  // cannot tell: do not take it away from anybody
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  return errno != ECONNREFUSED && errno != ENOENT;
}

}  // namespace

Result<UnixListener> UnixListener::open(const std::string& path, std::optional<std::uint32_t> gid) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::invalid_input, "http.socket_path",
                fmt::format("socket path {} must have 1 to {} bytes", path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());

  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) {
      return fail(ErrorKind::conflict, "http.socket_path", fmt::format("{} exists and is no socket", path));
    }
    if (answers(address)) {
      return fail(ErrorKind::conflict, "http.socket_in_use",
                  fmt::format("{}: another process answers there; is colonyd running already?", path));
    }
    if (::unlink(path.c_str()) != 0) return fail_errno("http.socket", path, errno);
  }

  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno("http.socket", path, errno);
  // The mode is narrow from the first moment: nobody connects between bind and chmod.
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int bind_error = errno;
  ::umask(before);
  if (bound != 0) return fail_errno("http.socket", path, bind_error);
  if (gid && ::chown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0) {
    return fail_errno("http.socket", path, errno);
  }
  if (::chmod(path.c_str(), 0660) != 0 || ::listen(fd.get(), 128) != 0 ||
      ::lstat(path.c_str(), &there) != 0) {
    return fail_errno("http.socket", path, errno);
  }
  return UnixListener(std::move(fd), Made{path, there.st_dev, there.st_ino});
}

UnixListener::~UnixListener() {
  struct stat there{};
  if (made_ == nullptr || ::lstat(made_->path.c_str(), &there) != 0) return;
  if (there.st_dev == made_->device && there.st_ino == made_->inode) ::unlink(made_->path.c_str());
}

}  // namespace colony::core::http
