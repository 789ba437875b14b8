#include "pxe/artifacts/artifact_cache.hpp"

#include "core/on_exit.hpp"

namespace colony::pxe {

using core::Result;
using core::Task;

Task<Result<>> ArtifactCache::open() {
  co_return co_await pool_.run<Result<>>(
      timers_, [directory = directory_] { return prepare_artifact_directory(directory); });
}

std::optional<Artifact> ArtifactCache::find(const core::Sha256Digest& digest) const {
  const auto found = loaded_.find(digest);
  if (found == loaded_.end()) return std::nullopt;
  return found->second;
}

Task<Result<Artifact>> ArtifactCache::get(core::Sha256Digest digest) {
  for (;;) {
    if (auto found = find(digest)) co_return std::move(*found);
    if (!loading_.contains(digest)) break;
    co_await loaded_one_.wait_until(core::BootTime::max());
  }
  // Also when this task is cancelled: those who wait try for themselves.
  loading_.insert(digest);
  const core::OnExit loaded_or_not([this, digest] {
    loading_.erase(digest);
    loaded_one_.notify();
  });
  auto loaded = co_await pool_.run<Result<Artifact>>(
      timers_, [directory = directory_, digest] { return load_artifact(directory, digest); });
  if (loaded) loaded_.insert_or_assign(digest, *loaded);
  co_return loaded;
}

Task<Result<Artifact>> ArtifactCache::import_file(std::string source,
                                                  std::optional<core::Sha256Digest> expected) {
  if (expected) {
    // Nothing to copy when it is here and intact; a damaged one is replaced.
    auto known = co_await get(*expected);
    if (known) co_return known;
  }
  auto imported = co_await pool_.run<Result<Artifact>>(timers_, [directory = directory_, source, expected] {
    return import_artifact(directory, source, expected);
  });
  if (imported) loaded_.insert_or_assign(imported->digest, *imported);
  co_return imported;
}

}  // namespace colony::pxe
