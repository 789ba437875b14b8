#pragma once
// Writes a file so that a reader, a crash or a power cut finds the old one or the new one, never a half.

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "core/error.hpp"

namespace colony::daemon {

struct FileOwner {
  uid_t user = 0;
  gid_t group = 0;
};

/// Temporary file beside it, rights and owner set before the name, fsync, rename, fsync of the directory.
/// Errors: init.write.
[[nodiscard]] core::Result<> write_atomically(const std::string& path, std::string_view content, mode_t mode,
                                              std::optional<FileOwner> owner);

/// Rights and owner of a file that is there. Errors: init.write.
[[nodiscard]] core::Result<> set_rights(const std::string& path, mode_t mode, std::optional<FileOwner> owner);

}  // namespace colony::daemon
