#pragma once
// Extra files of the site, under /files/. Nothing outside the root is ever opened: openat2(2) resolves
// beneath it, symbolic links included.

#include <cstdint>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::pxe {

struct SiteFile {
  std::shared_ptr<const core::FileDescriptor> file;
  std::uint64_t size = 0;
  std::string etag;  // changes with inode, size and modification time
};

class SiteFiles {
 public:
  /// Errors: files.root.
  [[nodiscard]] static core::Result<SiteFiles> open(const std::string& root);
  /// `path` relative to the root. Errors: files.missing, for anything that is no regular file beneath it.
  [[nodiscard]] core::Result<SiteFile> find(const std::string& path) const;

 private:
  explicit SiteFiles(core::FileDescriptor root) : root_(std::move(root)) {}
  core::FileDescriptor root_;
};

}  // namespace colony::pxe
