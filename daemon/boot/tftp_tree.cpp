#include "daemon/boot/tftp_tree.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/net/file_descriptor.hpp"
#include "pxe/http/site_files.hpp"

namespace colony::daemon {

namespace {

namespace fs = std::filesystem;
using core::FileDescriptor;
using core::Result;

// What no boot file is called: a file on its way to its name.
constexpr std::string_view unfinished = ".colony-new";
constexpr mode_t file_mode = 0644;
constexpr mode_t folder_mode = 0755;

std::unexpected<core::Error> io(const fs::path& path, int error_number) {
  return core::fail_errno("tree.io", path.string(), error_number);
}

Result<> make_folders(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return io(directory, error.value());
  // The daemon's umask leaves nothing to others; the engine is another user.
  if (::chmod(directory.c_str(), folder_mode) != 0) return io(directory, errno);
  return {};
}

Result<> write_all(int fd, core::ByteView bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return io(path, wrote == 0 ? EIO : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

/// A file that takes its name only when it is whole and on the disk.
class NewFile {
 public:
  explicit NewFile(fs::path path)
      : path_(std::move(path)), draft_(path_.string() + std::string(unfinished)) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_.valid()) ::unlink(draft_.c_str());
  }

  Result<> open() {
    if (auto made = make_folders(path_.parent_path()); !made) return made;
    ::unlink(draft_.c_str());
    fd_ = FileDescriptor(::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    return fd_.valid() ? Result<>{} : io(draft_, errno);
  }
  Result<> append(core::ByteView bytes) { return write_all(fd_.get(), bytes, draft_); }
  Result<> finish(const timespec& modified) {
    if (!fd_.valid()) return io(path_, EBADF);
    const std::array<timespec, 2> times{modified, modified};
    if (::futimens(fd_.get(), times.data()) != 0 || ::fchmod(fd_.get(), file_mode) != 0 ||
        ::fsync(fd_.get()) != 0 || ::rename(draft_.c_str(), path_.c_str()) != 0) {
      return io(path_, errno);
    }
    fd_.reset();
    return {};
  }

 private:
  fs::path path_;
  std::string draft_;
  FileDescriptor fd_;
};

timespec now() {
  timespec out{};
  ::clock_gettime(CLOCK_REALTIME, &out);
  return out;
}

bool holds(const fs::path& path, std::string_view bytes) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat about{};
  if (!fd.valid() || ::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode) ||
      (about.st_mode & 0777) != file_mode || static_cast<std::uint64_t>(about.st_size) != bytes.size()) {
    return false;
  }
  std::array<char, 65536> buffer{};
  while (!bytes.empty()) {
    const ssize_t got = ::read(fd.get(), buffer.data(), std::min(buffer.size(), bytes.size()));
    if (got <= 0) return false;
    const auto count = static_cast<std::size_t>(got);
    if (bytes.substr(0, count) != std::string_view(buffer.data(), count)) return false;
    bytes.remove_prefix(count);
  }
  return true;
}

Result<bool> place(const fs::path& path, std::string_view bytes) {
  if (holds(path, bytes)) return false;
  NewFile file(path);
  if (auto done = file.open(); !done) return std::unexpected(done.error());
  if (auto done = file.append(core::as_bytes(bytes)); !done) return std::unexpected(done.error());
  if (auto done = file.finish(now()); !done) return std::unexpected(done.error());
  return true;
}

/// Copied again when size or time differ: what rsync goes by.
Result<bool> copy(const pxe::SiteFile& from, const fs::path& to) {
  struct stat theirs{};
  struct stat ours{};
  if (::fstat(from.file->get(), &theirs) != 0) return io(to, errno);
  if (::lstat(to.c_str(), &ours) == 0 && S_ISREG(ours.st_mode) && ours.st_size == theirs.st_size &&
      ours.st_mtim.tv_sec == theirs.st_mtim.tv_sec && ours.st_mtim.tv_nsec == theirs.st_mtim.tv_nsec) {
    return false;
  }
  NewFile file(to);
  if (auto done = file.open(); !done) return std::unexpected(done.error());
  std::array<core::Byte, 65536> buffer{};
  std::uint64_t left = from.size;  // a file that grows meanwhile does not keep us
  while (left > 0) {
    const auto got = ::read(from.file->get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), left));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io(to, errno);
    if (got == 0) break;
    left -= static_cast<std::uint64_t>(got);
    const auto read = core::ByteView(buffer).first(static_cast<std::size_t>(got));
    if (auto done = file.append(read); !done) return std::unexpected(done.error());
  }
  if (auto done = file.finish(theirs.st_mtim); !done) return std::unexpected(done.error());
  return true;
}

class Exporter {
 public:
  Exporter(fs::path directory, TreeLimits limits) : directory_(std::move(directory)), limits_(limits) {}

  Result<> add(const std::string& name, std::string_view bytes) {
    const auto written = place(directory_ / name, bytes);
    if (!written) return std::unexpected(written.error());
    count(name, *written);
    return {};
  }

  Result<> add_site(const std::string& root) {
    const auto site = pxe::SiteFiles::open(root);
    if (!site) return std::unexpected(site.error());
    std::error_code error;
    // Symbolic links to folders are not walked into; a link to a file is resolved beneath the root.
    for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
      if (static_cast<std::size_t>(at.depth()) + 1 >= limits_.depth) at.disable_recursion_pending();
      const std::string name = at->path().lexically_relative(root).string();
      if (wanted_.contains(name) || name.ends_with(unfinished)) continue;
      const auto file = site->find(name);
      if (!file) continue;  // a folder, a device, a link that leads out
      bytes_ += file->size;
      if (wanted_.size() >= limits_.files || bytes_ > limits_.bytes) {
        return core::fail(core::ErrorKind::exhausted, "tree.too_large",
                          fmt::format("tftp.root {} has more than {} files or {} bytes", root, limits_.files,
                                      limits_.bytes));
      }
      const auto written = copy(*file, directory_ / name);
      if (!written) return std::unexpected(written.error());
      count(name, *written);
    }
    if (error) return io(root, error.value());
    return {};
  }

  Result<> remove_rest() {
    std::error_code error;
    std::vector<fs::path> doomed;
    for (fs::recursive_directory_iterator at(directory_, error), end; !error && at != end;
         at.increment(error)) {
      const std::string name = at->path().lexically_relative(directory_).string();
      if (!wanted_.contains(name) && !folders_.contains(name)) doomed.push_back(at->path());
    }
    if (error) return io(directory_, error.value());
    for (const auto& path : doomed) {
      fs::remove_all(path, error);
      if (!error) ++report_.removed;
    }
    return {};
  }

  [[nodiscard]] TreeReport report() const { return report_; }

 private:
  void count(const std::string& name, bool written) {
    wanted_.insert(name);
    for (fs::path folder = fs::path(name).parent_path(); !folder.empty(); folder = folder.parent_path()) {
      folders_.insert(folder.string());
    }
    ++report_.files;
    if (written) ++report_.written;
  }

  fs::path directory_;
  TreeLimits limits_;
  std::uint64_t bytes_ = 0;
  std::set<std::string> wanted_, folders_;
  TreeReport report_;
};

}  // namespace

Result<TreeReport> export_tree(const std::string& directory, const TreeFiles& files,
                               const std::string& site_root, TreeLimits limits) {
  if (auto made = make_folders(directory); !made) return std::unexpected(made.error());
  Exporter exporter(directory, limits);
  for (const auto& [name, bytes] : files) {
    if (auto added = exporter.add(name, *bytes); !added) return std::unexpected(added.error());
  }
  if (!site_root.empty()) {
    if (auto added = exporter.add_site(site_root); !added) return std::unexpected(added.error());
  }
  if (auto removed = exporter.remove_rest(); !removed) return std::unexpected(removed.error());
  return exporter.report();
}

Result<> make_tree(const std::string& directory) {
  return make_folders(directory);
}

Result<> put_in_tree(const std::string& directory, const std::string& name, std::string_view bytes) {
  const auto placed = place(fs::path(directory) / name, bytes);
  if (!placed) return std::unexpected(placed.error());
  return {};
}

void remove_from_tree(const std::string& directory, const std::string& name) {
  ::unlink((fs::path(directory) / name).c_str());
}

}  // namespace colony::daemon
