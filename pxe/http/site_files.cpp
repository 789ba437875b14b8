#include "pxe/http/site_files.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace colony::pxe {

core::Result<SiteFiles> SiteFiles::open(const std::string& root) {
  core::FileDescriptor fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return core::fail_errno("files.root", root, errno);
  return SiteFiles(std::move(fd));
}

core::Result<SiteFile> SiteFiles::find(const std::string& path) const {
  const auto missing = [] {
    return core::fail(core::ErrorKind::not_found, "files.missing", "no such file under /files/");
  };
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  core::FileDescriptor fd(
      static_cast<int>(::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how)));
  struct stat about{};
  if (!fd.valid() || ::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode)) return missing();
  SiteFile file;
  file.size = static_cast<std::uint64_t>(about.st_size);
  file.etag = fmt::format("\"{:x}-{:x}-{:x}.{:x}\"", about.st_ino, about.st_size, about.st_mtim.tv_sec,
                          about.st_mtim.tv_nsec);
  file.file = std::make_shared<const core::FileDescriptor>(std::move(fd));
  return file;
}

}  // namespace colony::pxe
