#include "pxe/artifacts/artifact_file.hpp"

#include <cerrno>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace colony::pxe {

namespace {

using core::ErrorKind;
using core::FileDescriptor;
using core::Result;

constexpr std::string_view temporary_prefix = "import-";
constexpr std::size_t copy_step = 256UL * 1024;

/// O_NONBLOCK: a FIFO in the place of a file must not hang us; it is refused right after.
Result<FileDescriptor> open_regular(const std::string& path, const char* error_code, std::uint64_t& size) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT) return core::fail(ErrorKind::not_found, error_code, path + ": no such file");
    return core::fail_errno(error_code, path, errno);
  }
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return core::fail_errno(error_code, path, errno);
  if (!S_ISREG(about.st_mode)) {
    return core::fail(ErrorKind::invalid_input, error_code, path + " is no regular file");
  }
  size = static_cast<std::uint64_t>(about.st_size);
  if (size > max_artifact_size) {
    return core::fail(ErrorKind::invalid_input, error_code,
                      fmt::format("{} has {} bytes, at most {} are taken", path, size, max_artifact_size));
  }
  return file;
}

/// Bytes from `from` through the hash, and into `to` where it is valid. Returns how many there were.
Result<std::uint64_t> pour(int from, int to, core::Sha256& hash, const std::string& path) {
  std::vector<core::Byte> buffer(copy_step);
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return core::fail_errno("artifact.read", path, errno);
    if (got == 0) return total;
    core::ByteView bytes(buffer.data(), static_cast<std::size_t>(got));
    total += bytes.size();
    if (total > max_artifact_size) {
      return core::fail(ErrorKind::invalid_input, "artifact.source", path + " grew while it was read");
    }
    hash.update(bytes);
    while (to >= 0 && !bytes.empty()) {
      const ssize_t put = ::write(to, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return core::fail_errno("artifact.write", "artifact cache", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }
}

Result<> sync_directory(const std::string& directory) {
  const FileDescriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return core::fail_errno("artifact.write", directory, errno);
  return {};
}

/// A file that goes away unless it is kept.
class Temporary {
 public:
  explicit Temporary(const std::string& directory)
      : path_(fmt::format("{}/{}XXXXXX", directory, temporary_prefix)),
        fd_(::mkostemp(path_.data(), O_CLOEXEC)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (fd_.valid()) ::unlink(path_.c_str());
  }
  [[nodiscard]] const FileDescriptor& fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  FileDescriptor fd_;
};

}  // namespace

std::string artifact_path(const std::string& directory, const core::Sha256Digest& digest) {
  return fmt::format("{}/sha256-{}", directory, digest.to_string());
}

Result<> prepare_artifact_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return core::fail_errno("artifact.directory", directory, errno);
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return core::fail_errno("artifact.directory", directory, errno);
  }
  DIR* listing = ::opendir(directory.c_str());
  if (listing == nullptr) return core::fail_errno("artifact.directory", directory, errno);
  while (const dirent* entry = ::readdir(listing)) {
    const std::string name = entry->d_name;
    if (name.starts_with(temporary_prefix)) ::unlink(fmt::format("{}/{}", directory, name).c_str());
  }
  ::closedir(listing);
  return {};
}

Result<Artifact> load_artifact(const std::string& directory, const core::Sha256Digest& digest) {
  const std::string path = artifact_path(directory, digest);
  std::uint64_t size = 0;
  auto file = open_regular(path, "artifact.missing", size);
  if (!file) return std::unexpected(file.error());
  core::Sha256 hash;
  auto total = pour(file->get(), -1, hash, path);
  if (!total) return std::unexpected(total.error());
  const core::Sha256Digest found = hash.finish();
  if (found != digest) {
    // Kept for whoever wants to know what happened, but never found again under its digest.
    ::rename(path.c_str(), (path + ".corrupt").c_str());
    return core::fail(
        ErrorKind::corrupt, "artifact.corrupt",
        fmt::format("{} holds other bytes than its name says (SHA-256 {}); set aside, import it again", path,
                    found.to_string()));
  }
  return Artifact{digest, std::make_shared<const FileDescriptor>(std::move(*file)), *total};
}

Result<Artifact> import_artifact(const std::string& directory, const std::string& source,
                                 const std::optional<core::Sha256Digest>& expected) {
  std::uint64_t size = 0;
  auto from = open_regular(source, "artifact.source", size);
  if (!from) return std::unexpected(from.error());
  const Temporary temporary(directory);
  if (!temporary.fd().valid()) return core::fail_errno("artifact.write", directory, errno);
  core::Sha256 hash;
  auto total = pour(from->get(), temporary.fd().get(), hash, source);
  if (!total) return std::unexpected(total.error());
  const core::Sha256Digest found = hash.finish();
  if (expected && found != *expected) {
    return core::fail(
        ErrorKind::invalid_input, "artifact.digest_mismatch",
        fmt::format("{} has SHA-256 {}, expected is {}", source, found.to_string(), expected->to_string()));
  }
  const std::string path = artifact_path(directory, found);
  if (::fchmod(temporary.fd().get(), 0444) != 0 || ::fsync(temporary.fd().get()) != 0 ||
      ::rename(temporary.path().c_str(), path.c_str()) != 0) {
    return core::fail_errno("artifact.write", path, errno);
  }
  if (auto synced = sync_directory(directory); !synced) return std::unexpected(synced.error());
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return core::fail_errno("artifact.read", path, errno);
  return Artifact{found, std::make_shared<const FileDescriptor>(std::move(file)), *total};
}

}  // namespace colony::pxe
