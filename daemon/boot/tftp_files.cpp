#include "daemon/boot/tftp_files.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace colony::daemon {

namespace {

/// Null when it cannot be read whole.
pxe::tftp::FileBytes read_whole(const pxe::SiteFile& file) {
  std::string bytes(file.size, '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got =
        ::pread(file.file->get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return nullptr;
    at += static_cast<std::size_t>(got);
  }
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace

core::Result<> TftpFiles::open_site(const std::string& root) {
  auto opened = pxe::SiteFiles::open(root);
  if (!opened) return std::unexpected(opened.error());
  site_ = std::move(*opened);
  return {};
}

pxe::tftp::FileBytes TftpFiles::find(const pxe::tftp::FileRequest& request) {
  if (auto own = own_.find(request)) return own;
  return find_in_site(std::string(request.name));
}

pxe::tftp::FileBytes TftpFiles::find_in_site(const std::string& name) {
  if (!site_) return nullptr;
  const auto file = site_->find(name);
  if (!file || file->size > longest_file) return nullptr;
  const auto known = std::ranges::find(kept_, name, &Kept::name);
  if (known != kept_.end()) {
    Kept kept = std::move(*known);
    kept_.erase(known);
    if (kept.version == file->etag) {
      auto bytes = kept.bytes;
      kept_.push_front(std::move(kept));
      return bytes;
    }
  }
  auto bytes = read_whole(*file);
  if (bytes) keep({name, file->etag, bytes});
  return bytes;
}

void TftpFiles::keep(Kept file) {
  kept_.push_front(std::move(file));
  std::uint64_t total = 0;
  const auto end = std::ranges::find_if(kept_, [&total](const Kept& kept) {
    total += kept.bytes->size();
    return total > longest_kept;
  });
  kept_.erase(end, kept_.end());
}

}  // namespace colony::daemon
