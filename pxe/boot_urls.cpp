#include "pxe/boot_urls.hpp"

#include <fmt/format.h>

namespace colony::pxe {

namespace {

std::string url(const BootServer& server, std::string_view path) {
  return fmt::format("http://{}:{}{}", server.address.to_string(), server.http_port, path);
}

}  // namespace

std::string script_url(const BootServer& server, const BootRequest& request) {
  auto path = fmt::format("/boot.ipxe?mac={}", request.mac.to_string());
  if (request.uuid) path += "&uuid=" + request.uuid->to_string();
  return url(server, path + fmt::format("&arch={}", core::name(request.arch)));
}

std::string boot_program_url(const BootServer& server, std::string_view name) {
  return url(server, fmt::format("/nbp/{}", name));
}

std::string artifact_url(const BootServer& server, const core::Sha256Digest& digest) {
  return url(server, "/artifacts/sha256/" + digest.to_string());
}

}  // namespace colony::pxe
