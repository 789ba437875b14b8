#pragma once
// The directory that a foreign TFTP server (tftpd-hpa) serves: colonyd owns it, writes it, and nothing else
// is in it. Each file is written beside its name, synced and renamed over it, so a reader sees the old file
// or the new one, never half of one; what is no longer wanted is removed. Blocking: for the pool.

#include <map>
#include <memory>
#include <string>

#include "core/error.hpp"

namespace colony::daemon {

/// By name; a name may have folders ("pxelinux.cfg/default").
using TreeFiles = std::map<std::string, std::shared_ptr<const std::string>, std::less<>>;

struct TreeReport {
  std::size_t files = 0;    // in the tree now
  std::size_t written = 0;  // of them new or changed
  std::size_t removed = 0;
};

struct TreeLimits {
  std::size_t files = 4096;
  std::size_t depth = 8;
  std::uint64_t bytes = std::uint64_t{2} << 30;  // of the site's files
};

/// Makes `directory` hold `files` and, where they have no file of that name, the regular files beneath
/// `site_root` ("": none). A symbolic link of the site that leads out of its root is left out. Everything in
/// the tree can be read by every user: the engine runs as another one. Errors: tree.io, tree.too_large.
[[nodiscard]] core::Result<TreeReport> export_tree(const std::string& directory, const TreeFiles& files,
                                                   const std::string& site_root, TreeLimits limits = {});

/// Only the directory, so that it can be served before it is filled. Errors: tree.io.
[[nodiscard]] core::Result<> make_tree(const std::string& directory);

/// One more file, under a name that the next export_tree removes. Errors: tree.io.
[[nodiscard]] core::Result<> put_in_tree(const std::string& directory, const std::string& name,
                                         std::string_view bytes);
void remove_from_tree(const std::string& directory, const std::string& name);

}  // namespace colony::daemon
