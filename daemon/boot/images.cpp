#include "daemon/boot/images.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace colony::daemon {

namespace {

using core::Result;
using core::Task;

/// Kernel and one initramfs as a bootable image; an absent file is an error that names it.
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

}  // namespace

std::string default_share_directory() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "/usr/share/colony";
  return (program.parent_path().parent_path() / "share" / "colony").string();
}

Task<Result<Images>> import_images(pxe::ArtifactCache& cache, std::string share_directory,
                                   TalosConfig talos) {
  Images images;
  auto scout = co_await import_pair(cache, {share_directory + "/scout-kernel", std::nullopt},
                                    {share_directory + "/scout-initramfs", std::nullopt});
  if (scout) {
    images.scout = std::move(*scout);
    images.scout->arguments = {"console=tty0", "console=ttyS0,115200"};  // what is said also stands on SOL
  } else {
    images.missing.push_back(
        fmt::format("no scout image, nothing can be discovered or wiped: {}; build it with: cmake --build "
                    "--preset release "
                    "--target scout_image",
                    scout.error().message));
  }
  if (talos.kernel.empty() || talos.initramfs.empty()) {
    images.missing.emplace_back(
        "no Talos image, nothing can be provisioned: set talos.kernel and talos.initramfs in colony.yaml");
    co_return images;
  }
  if (talos.kernel.is_url() || talos.initramfs.is_url()) {
    images.missing.emplace_back(
        "talos.kernel and talos.initramfs name URLs, which this version does not fetch: download them and "
        "name "
        "the files");
    co_return images;
  }
  auto image = co_await import_pair(cache, talos.kernel, talos.initramfs);
  if (image) {
    images.talos = std::move(*image);
  } else {
    images.missing.push_back(
        fmt::format("no Talos image, nothing can be provisioned: {}", image.error().message));
  }
  co_return images;
}

}  // namespace colony::daemon
