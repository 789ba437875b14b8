#pragma once
// The images that machines boot, taken into the artifact cache before anything is served: scout's, which
// comes with the program, and Talos', which the site names in colony.yaml.

#include <map>
#include <string>

#include "core/async/task.hpp"
#include "core/error.hpp"
#include "daemon/config/config.hpp"
#include "daemon/findings.hpp"
#include "pxe/artifacts/artifact_cache.hpp"
#include "workflows/site.hpp"

namespace colony::daemon {

/// Where scout's image is: ../share/colony beside the program, so that a build tree and an installed tree
/// work alike.
[[nodiscard]] std::string default_share_directory();

struct Images {
  std::map<workflows::Machine, workflows::BootImage> scout, talos;
};

/// Imports what is there and is what it should be; what is missing or wrong becomes a finding (`image.scout`,
/// `image.talos`), so that the daemon still serves the rest.
[[nodiscard]] core::Task<Images> import_images(pxe::ArtifactCache& cache, std::string share_directory,
                                               TalosConfig talos, Findings& findings);

}  // namespace colony::daemon
