#pragma once
// What the built-in TFTP serves: boot programs and made files first, then the site's own from tftp.root. A
// site's file is read when it is asked for and kept while it is unchanged, within a bound.

#include <list>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "pxe/http/site_files.hpp"
#include "pxe/tftp/file_source.hpp"

namespace colony::daemon {

class TftpFiles final : public pxe::tftp::FileSource {
 public:
  /// Of one file: read on the logic thread, so no longer than a boot program. Longer ones go over HTTP.
  static constexpr std::uint64_t longest_file = std::uint64_t{16} << 20;
  static constexpr std::uint64_t longest_kept = std::uint64_t{64} << 20;  // of all together

  explicit TftpFiles(pxe::tftp::BootFiles own) : own_(std::move(own)) {}
  /// Errors: files.root.
  [[nodiscard]] core::Result<> open_site(const std::string& root);
  [[nodiscard]] pxe::tftp::FileBytes find(const pxe::tftp::FileRequest& request) override;

 private:
  struct Kept {
    std::string name, version;
    pxe::tftp::FileBytes bytes;
  };
  [[nodiscard]] pxe::tftp::FileBytes find_in_site(const std::string& name);
  void keep(Kept file);

  pxe::tftp::BootFiles own_;
  std::optional<pxe::SiteFiles> site_;
  std::list<Kept> kept_;  // last used first
};

}  // namespace colony::daemon
