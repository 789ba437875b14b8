#pragma once
// Where booting machines find us over HTTP: the one place where these URLs are put together. DHCP hands them
// out, scripts repeat them, pxe/http answers them.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/sha256.hpp"
#include "pxe/boot_policy.hpp"

namespace colony::pxe {

struct BootServer {
  core::Ipv4Address address;  // the claimed load-balancer address
  std::uint16_t http_port = 8080;
};

/// "http://10.1.1.5:8080/boot.ipxe?mac=..&uuid=..&arch=..": under 128 characters, what DHCP's file field
/// holds.
[[nodiscard]] std::string script_url(const BootServer& server, const BootRequest& request);
/// "http://10.1.1.5:8080/nbp/snponly.efi"
[[nodiscard]] std::string boot_program_url(const BootServer& server, std::string_view name);
/// "http://10.1.1.5:8080/artifacts/sha256/HEX"
[[nodiscard]] std::string artifact_url(const BootServer& server, const core::Sha256Digest& digest);

}  // namespace colony::pxe
