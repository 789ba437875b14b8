#pragma once
// scout-image.json, which ramdisk/build-image writes beside the two files that it describes: what they must
// hash to, and what the kernel is told.

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/sha256.hpp"
#include "workflows/site.hpp"

namespace colony::daemon {

struct ImageManifest {
  struct File {
    std::string name;  // beside the manifest
    core::Sha256Digest digest;
  };
  File kernel, initramfs;
  workflows::Machine machine = workflows::Machine::x86_64;
  std::vector<std::string> arguments;
};

/// Error: image.manifest (corrupt), which names the member.
[[nodiscard]] core::Result<ImageManifest> decode_image_manifest(std::string_view text);

}  // namespace colony::daemon
