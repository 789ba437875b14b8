#include "daemon/store/store_key.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/net/file_descriptor.hpp"
#include "core/random.hpp"
#include "daemon/store/sealing.hpp"

namespace colony::daemon::store {

using core::ErrorKind;
using core::FileDescriptor;

namespace {

/// systemd gives a credential to an unprivileged service by an ACL, which shows as group rights, inside a
/// directory of its own.
enum class KeptBy : bool { file_rights, systemd };

core::Result<core::Secret> read_key(const std::string& path, KeptBy kept_by) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) {
    if (errno == ENOENT) return core::fail(ErrorKind::not_found, "store.key_missing", path + " is missing");
    return core::fail_errno("store.key_io", path, errno);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return core::fail_errno("store.key_io", path, errno);
  if (!S_ISREG(status.st_mode) || (kept_by == KeptBy::file_rights && (status.st_mode & 077) != 0)) {
    return core::fail(ErrorKind::invalid_input, "store.key_rights",
                      fmt::format("{} can be read by others (mode {:04o}): run chmod 0600 {}", path,
                                  status.st_mode & 07777, path));
  }
  std::string text(2 * Sealer::key_bytes + 2, '\0');
  const auto count = ::read(file.get(), text.data(), text.size());
  if (count < 0) return core::fail_errno("store.key_io", path, errno);
  std::string_view digits(text.data(), static_cast<std::size_t>(count));
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  auto bytes = core::parse_hex(digits);
  core::wipe_text(text);
  if (!bytes || bytes->size() != Sealer::key_bytes) {
    return core::fail(ErrorKind::invalid_input, "store.key_form",
                      path + " is no store key: it holds 64 hexadecimal digits and nothing else");
  }
  core::Secret key(core::as_text(*bytes));
  core::wipe_memory(bytes->data(), bytes->size());
  return key;
}

/// Written whole or not at all: a torn key file would lock us out of the database made with it.
core::Result<> create_key(const std::string& path) {
  core::SystemRandom random;
  std::string text = random.token(8 * Sealer::key_bytes) + "\n";
  const std::string fresh = path + ".new";
  const FileDescriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return core::fail_errno("store.key_io", fresh, errno);
  const bool written = ::fchmod(file.get(), 0600) == 0 &&
                       ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(file.get()) == 0;
  core::wipe_text(text);
  // link() instead of rename(): never replaces a key that appeared meanwhile.
  if (!written || ::link(fresh.c_str(), path.c_str()) != 0) {
    auto error = core::fail_errno("store.key_io", path, errno);
    ::unlink(fresh.c_str());
    return error;
  }
  ::unlink(fresh.c_str());
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const FileDescriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid() || ::fsync(parent.get()) != 0) {
    return core::fail_errno("store.key_io", directory, errno);
  }
  return {};
}

}  // namespace

core::Result<core::Secret> load_store_key(const KeyPlace& place, MissingKey missing) {
  if (!place.credentials_directory.empty()) {
    auto credential = read_key(place.credentials_directory + "/store-key", KeptBy::systemd);
    if (credential || credential.error().kind != ErrorKind::not_found) return credential;
  }
  auto key = read_key(place.file, KeptBy::file_rights);
  if (key || key.error().kind != ErrorKind::not_found) return key;
  if (missing == MissingKey::refuse) {
    return core::fail(
        ErrorKind::not_found, "store.key_missing",
        fmt::format("{} is missing, and the database cannot be read without it: restore it from "
                    "a backup, or move the database away to begin anew",
                    place.file));
  }
  if (auto created = create_key(place.file); !created) return std::unexpected(created.error());
  return read_key(place.file, KeptBy::file_rights);
}

}  // namespace colony::daemon::store
