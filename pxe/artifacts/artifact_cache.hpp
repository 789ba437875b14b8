#pragma once
// The artifacts that may be served, by digest. An artifact is hashed once, when it is first wanted, on the
// blocking pool; from then on its open descriptor is what everybody gets.

#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "core/async/blocking_pool.hpp"
#include "core/async/signal.hpp"
#include "core/async/task.hpp"
#include "pxe/artifacts/artifact_file.hpp"

namespace colony::pxe {

class ArtifactCache {
 public:
  ArtifactCache(core::Timers& timers, core::BlockingPool& pool, std::string directory)
      : timers_(timers), pool_(pool), directory_(std::move(directory)), loaded_one_(timers) {}

  /// Once, before anything else.
  [[nodiscard]] core::Task<core::Result<>> open();

  /// Verified and open already; never blocks.
  [[nodiscard]] std::optional<Artifact> find(const core::Sha256Digest& digest) const;
  /// find(), else loads and verifies it; whoever asks meanwhile waits for the same load.
  [[nodiscard]] core::Task<core::Result<Artifact>> get(core::Sha256Digest digest);
  /// From a file of this machine. Without `expected` the digest found becomes the pin: the caller stores it.
  [[nodiscard]] core::Task<core::Result<Artifact>> import_file(std::string source,
                                                               std::optional<core::Sha256Digest> expected);

 private:
  core::Timers& timers_;
  core::BlockingPool& pool_;
  std::string directory_;
  std::unordered_map<core::Sha256Digest, Artifact> loaded_;
  std::set<core::Sha256Digest> loading_;
  core::Signal loaded_one_;
};

}  // namespace colony::pxe
