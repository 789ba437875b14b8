#include "daemon/store/sealing.hpp"

#include <cassert>
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/file_descriptor.hpp"
#include "core/random.hpp"

namespace colony::daemon::store {

using core::ErrorKind;
using core::FileDescriptor;

namespace {

constexpr core::Byte form = 1;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t overhead = 1 + nonce_bytes + tag_bytes;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

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

Sealer::Sealer(core::Secret key) : key_(std::move(key)) {
  assert(key_.reveal().size() == key_bytes);
}

core::Bytes Sealer::seal(std::string_view plain, std::string_view place) const {
  core::Bytes sealed(overhead + plain.size());
  sealed[0] = form;
  core::Byte* const nonce = sealed.data() + 1;
  core::Byte* const body = nonce + nonce_bytes;
  core::SystemRandom random;
  random.fill({nonce, nonce_bytes});
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  [[maybe_unused]] const bool ok =
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(place), static_cast<int>(place.size())) ==
          1 &&
      EVP_EncryptUpdate(context.get(), body, &length, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), body + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes),
                          body + plain.size()) == 1;
  assert(ok);  // fails only without memory
  return sealed;
}

core::Result<core::Secret> Sealer::unseal(core::ByteView sealed, std::string_view place) const {
  const auto broken = [place] {
    return core::fail(ErrorKind::corrupt, "store.seal_broken",
                      fmt::format("the sealed value of {} does not open with this key", place));
  };
  if (sealed.size() < overhead || sealed[0] != form) return broken();
  const auto nonce = sealed.subspan(1, nonce_bytes);
  const auto body = sealed.subspan(1 + nonce_bytes, sealed.size() - overhead);
  core::Bytes tag(sealed.end() - tag_bytes, sealed.end());
  std::string plain(body.size(), '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool ok =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), nonce.data()) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(place), static_cast<int>(place.size())) ==
          1 &&
      EVP_DecryptUpdate(context.get(), out, &length, body.data(), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes), tag.data()) ==
          1 &&
      EVP_DecryptFinal_ex(context.get(), out + length, &length) == 1;
  core::Secret secret(ok ? std::string_view(plain) : std::string_view{});
  core::wipe_text(plain);
  if (!ok) return broken();
  return secret;
}

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
