#pragma once
// Artifacts on disk: DIRECTORY/sha256-HEX, read-only, complete or absent. Everything here blocks (hashing,
// fsync) and belongs on the blocking pool.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"
#include "core/sha256.hpp"

namespace colony::pxe {

/// A verified artifact. The descriptor stays open, so what was hashed is what is served, whatever happens to
/// the name.
struct Artifact {
  core::Sha256Digest digest;
  std::shared_ptr<const core::FileDescriptor> file;
  std::uint64_t size = 0;
};

/// The largest file taken: a disk image fits, a mistaken block device does not.
inline constexpr std::uint64_t max_artifact_size = std::uint64_t{16} << 30;

[[nodiscard]] std::string artifact_path(const std::string& directory, const core::Sha256Digest& digest);

/// Makes the directory (0755) if need be, checks that it can be written, removes what an interrupted import
/// left. Errors: artifact.directory.
[[nodiscard]] core::Result<> prepare_artifact_directory(const std::string& directory);

/// Opens the cached file and hashes all of it. Errors: artifact.missing (not_found), artifact.corrupt (the
/// name and the content disagree: the file is set aside as NAME.corrupt), artifact.read.
[[nodiscard]] core::Result<Artifact> load_artifact(const std::string& directory,
                                                   const core::Sha256Digest& digest);

/// Copies `source` into the cache: temporary name, hash while copying, fsync, rename, fsync of the directory.
/// Errors: artifact.source (named), artifact.digest_mismatch (names both digests), artifact.write.
[[nodiscard]] core::Result<Artifact> import_artifact(const std::string& directory, const std::string& source,
                                                     const std::optional<core::Sha256Digest>& expected);

}  // namespace colony::pxe
