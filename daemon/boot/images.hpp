#pragma once
// The images that machines boot, taken into the artifact cache before anything is served: scout's, which
// comes with the program, and Talos', which the site names in colony.yaml.

#include <optional>
#include <string>
#include <vector>

#include "core/async/task.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "daemon/config/config.hpp"
#include "pxe/artifacts/artifact_cache.hpp"
#include "workflows/site.hpp"

namespace colony::daemon {

/// Where scout-kernel and scout-initramfs are: ../share/colony beside the program, so that a build tree and
/// an installed tree work alike.
[[nodiscard]] std::string default_share_directory();

struct Images {
  std::optional<workflows::BootImage> scout, talos;
  std::vector<std::string> missing;  // in words: what cannot be booted, and the next step
};

/// Imports what is there; a file that is named but wrong is in `missing`, so that the daemon still serves the
/// rest. Errors: only those of the cache itself.
[[nodiscard]] core::Task<core::Result<Images>> import_images(pxe::ArtifactCache& cache,
                                                             std::string share_directory, TalosConfig talos);

}  // namespace colony::daemon
