#include "daemon/boot/images.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "daemon/boot/image_manifest.hpp"
#include "daemon/config/files.hpp"

namespace colony::daemon {

namespace {

using core::Result;
using core::Task;

constexpr std::size_t largest_manifest = 64UL * 1024;

/// Kernel and one initramfs as a bootable image; an absent file, or another one than expected, is an error
/// that names it.
Task<Result<workflows::BootImage>> import_pair(pxe::ArtifactCache& cache, ArtifactSource kernel,
                                               ArtifactSource initramfs) {
  const auto kernel_artifact = co_await cache.import_file(kernel.location, kernel.digest);
  if (!kernel_artifact) co_return std::unexpected(kernel_artifact.error());
  const auto initramfs_artifact = co_await cache.import_file(initramfs.location, initramfs.digest);
  if (!initramfs_artifact) co_return std::unexpected(initramfs_artifact.error());
  workflows::BootImage image;
  image.kernel = kernel_artifact->digest;
  image.initrds.push_back(initramfs_artifact->digest);
  co_return image;
}

Task<Result<>> import_scout(pxe::ArtifactCache& cache, std::string directory, Images& images) {
  const auto text = read_small_file(directory + "/scout-image.json", largest_manifest);
  if (!text) co_return std::unexpected(text.error());
  auto manifest = decode_image_manifest(*text);
  if (!manifest) co_return std::unexpected(manifest.error());
  auto image = co_await import_pair(cache, {directory + "/" + manifest->kernel.name, manifest->kernel.digest},
                                    {directory + "/" + manifest->initramfs.name, manifest->initramfs.digest});
  if (!image) co_return std::unexpected(image.error());
  image->arguments = std::move(manifest->arguments);
  images.scout.emplace(manifest->machine, std::move(*image));
  co_return Result<>{};
}

Task<Result<>> import_talos(pxe::ArtifactCache& cache, TalosConfig talos, Images& images) {
  if (talos.kernel.empty() || talos.initramfs.empty()) {
    co_return core::fail(core::ErrorKind::not_found, "image.talos",
                         "set talos.kernel and talos.initramfs in colony.yaml");
  }
  if (talos.kernel.is_url() || talos.initramfs.is_url()) {
    co_return core::fail(core::ErrorKind::unsupported, "image.talos",
                         "talos.kernel and talos.initramfs name URLs, which this version does not fetch: "
                         "download them and name the files");
  }
  auto image = co_await import_pair(cache, talos.kernel, talos.initramfs);
  if (!image) co_return std::unexpected(image.error());
  images.talos.emplace(workflows::Machine::x86_64, std::move(*image));
  co_return Result<>{};
}

}  // namespace

std::string default_share_directory() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "/usr/share/colony";
  return (program.parent_path().parent_path() / "share" / "colony").string();
}

Task<Images> import_images(pxe::ArtifactCache& cache, std::string share_directory, TalosConfig talos,
                           Findings& findings) {
  Images images;
  if (const auto scout = co_await import_scout(cache, std::move(share_directory), images); !scout) {
    findings.set("image.scout",
                 fmt::format("no scout image, nothing can be discovered or wiped: {}; build it with: cmake "
                             "--build --preset release --target scout_image",
                             scout.error().message));
  }
  if (const auto done = co_await import_talos(cache, std::move(talos), images); !done) {
    findings.set("image.talos", "no Talos image, nothing can be provisioned: " + done.error().message);
  }
  co_return images;
}

}  // namespace colony::daemon
