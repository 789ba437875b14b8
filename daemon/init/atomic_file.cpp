#include "daemon/init/atomic_file.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/file_descriptor.hpp"
#include "core/on_exit.hpp"

namespace colony::daemon {

namespace {

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

core::Result<> write_atomically(const std::string& path, std::string_view content, mode_t mode,
                                std::optional<FileOwner> owner) {
  std::string pattern = path + ".XXXXXX";
  const core::FileDescriptor fd(::mkostemp(pattern.data(), O_CLOEXEC));  // made with mode 0600
  if (!fd.valid()) return core::fail_errno("init.write", path, errno);
  bool kept = false;
  const core::OnExit cleanup([&] {
    if (!kept) ::unlink(pattern.c_str());
  });
  const bool owned = !owner || ::fchown(fd.get(), owner->user, owner->group) == 0;
  if (!owned || ::fchmod(fd.get(), mode) != 0 || !write_all(fd.get(), content) || ::fsync(fd.get()) != 0 ||
      ::rename(pattern.c_str(), path.c_str()) != 0) {
    return core::fail_errno("init.write", path, errno);
  }
  kept = true;
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  const core::FileDescriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid() || ::fsync(parent.get()) != 0) return core::fail_errno("init.write", directory, errno);
  return {};
}

core::Result<> set_rights(const std::string& path, mode_t mode, std::optional<FileOwner> owner) {
  if ((owner && ::chown(path.c_str(), owner->user, owner->group) != 0) || ::chmod(path.c_str(), mode) != 0) {
    return core::fail_errno("init.write", path, errno);
  }
  return {};
}

}  // namespace colony::daemon
