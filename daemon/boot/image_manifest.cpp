#include "daemon/boot/image_manifest.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace colony::daemon {

namespace {

using core::Json;
using core::Result;

constexpr std::size_t most_arguments = 32;

std::unexpected<core::Error> wrong(std::string_view member) {
  return core::fail(core::ErrorKind::corrupt, "image.manifest",
                    fmt::format("scout-image.json: {} is missing or wrong", member));
}

Result<ImageManifest::File> file_of(const Json& manifest, std::string_view member) {
  const Json* const object = core::json_member(manifest, member);
  if (object == nullptr) return wrong(member);
  auto name = core::json_text(*object, "file");
  const auto digest = core::Sha256Digest::parse(core::json_text(*object, "sha256").value_or(""));
  // A name, not a path: what is beside the manifest.
  if (!name || name->empty() || name->contains('/') || !digest) return wrong(member);
  return ImageManifest::File{std::move(*name), *digest};
}

}  // namespace

Result<ImageManifest> decode_image_manifest(std::string_view text) {
  const auto json = core::parse_json(text, {.bytes = 64UL * 1024, .depth = 4, .values = 256});
  if (!json) return std::unexpected(core::with_context(json.error(), "scout-image.json"));
  ImageManifest manifest;
  auto kernel = file_of(*json, "kernel");
  if (!kernel) return std::unexpected(kernel.error());
  auto initramfs = file_of(*json, "initramfs");
  if (!initramfs) return std::unexpected(initramfs.error());
  manifest.kernel = std::move(*kernel);
  manifest.initramfs = std::move(*initramfs);

  const auto architecture = core::json_text(*json, "architecture");  // Debian's word for it
  if (architecture == "amd64") {
    manifest.machine = workflows::Machine::x86_64;
  } else if (architecture == "arm64") {
    manifest.machine = workflows::Machine::arm64;
  } else {
    return wrong("architecture");
  }
  const Json* const arguments = core::json_member(*json, "arguments");
  if (arguments == nullptr || !arguments->is_array() || arguments->size() > most_arguments) {
    return wrong("arguments");
  }
  for (const auto& argument : *arguments) {
    if (!argument.is_string()) return wrong("arguments");
    manifest.arguments.push_back(argument.get<std::string>());
  }
  return manifest;
}

}  // namespace colony::daemon
