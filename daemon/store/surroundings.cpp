#include "daemon/store/surroundings.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"

namespace colony::daemon::store {

using core::ErrorKind;
using core::FileDescriptor;

namespace {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

core::Result<> sync_directory(const std::string& directory) {
  const FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::fsync(opened.get()) != 0) return core::fail_errno("store.io", directory, errno);
  return {};
}

std::string marker_of(const std::string& path) {
  return path + ".restored";
}

}  // namespace

core::Result<> prepare_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  if (::mkdir(directory.c_str(), 0700) == 0) return sync_directory(directory_of(directory));
  if (errno != EEXIST) return core::fail_errno("store.io", directory, errno);
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) return core::fail_errno("store.io", directory, errno);
  if (!S_ISDIR(status.st_mode) || (status.st_mode & 077) != 0) {
    return core::fail(ErrorKind::invalid_input, "store.directory_rights",
                      fmt::format("{} must be a directory that only its owner can enter (mode {:04o}): run "
                                  "chmod 0700 {}, or give the store a directory of its own",
                                  directory, status.st_mode & 07777, directory));
  }
  return {};
}

core::Result<FileDescriptor> take_lock(const std::string& lock_path) {
  FileDescriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return core::fail_errno("store.io", lock_path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return core::fail_errno("store.io", lock_path, errno);
    std::array<char, 32> holder{};
    const auto count = ::pread(lock.get(), holder.data(), holder.size(), 0);
    const std::string_view pid(holder.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    return core::fail(ErrorKind::conflict, "store.locked",
                      fmt::format("another process uses the database (pid {}, {})",
                                  pid.empty() ? "unknown" : core::printable(pid), lock_path));
  }
  // For people only; the lock is what counts.
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    if (errno != ENOSPC) return core::fail_errno("store.io", lock_path, errno);
  }
  return lock;
}

core::Result<> make_private_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return core::fail_errno("store.io", path, errno);
  return {};
}

std::string machine_owner(const std::string& file) {
  const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 32> id{};
  if (!opened.valid() || ::read(opened.get(), id.data(), id.size()) != static_cast<ssize_t>(id.size())) {
    return "unknown";
  }
  // "uninitialized" and other text is no id.
  const std::string_view text(id.data(), id.size());
  return core::parse_hex(text) ? std::string(text) : "unknown";
}

bool has_restore_marker(const std::string& path) {
  return ::access(marker_of(path).c_str(), F_OK) == 0;
}

core::Result<> forget_restore_marker(const std::string& path) {
  const std::string marker = marker_of(path);
  if (::unlink(marker.c_str()) == 0) return sync_directory(directory_of(path));
  if (errno == ENOENT) return {};
  return core::fail_errno("store.io", marker, errno);
}

}  // namespace colony::daemon::store
