#pragma once
// Who is asking? Reads the options by which a network-booting machine introduces itself: 43 and 60 (PXE 2.1),
// 77 (RFC 3004, and the plain text that most firmware sends instead), 93, 94 and 97 (RFC 4578), 175 (iPXE).
// One bad option never hides a client: it counts as absent (metal3-io/baremetal-operator#446).

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/ids.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/dhcp/message.hpp"

namespace colony::pxe::dhcp {

/// PXE 2.1 option 43, the tags that matter without a boot menu.
struct PxeVendorOptions {
  struct BootItem {  // tag 71: which boot server type and layer the client asks for; the answer repeats it
    std::uint16_t type = 0;
    std::uint16_t layer = 0;
    friend bool operator==(const BootItem&, const BootItem&) = default;
  };
  std::optional<std::uint8_t> discovery_control;  // tag 6
  std::optional<BootItem> boot_item;

  friend bool operator==(const PxeVendorOptions&, const PxeVendorOptions&) = default;
};
/// Discovery control bit 3: use the boot file of this very offer; no prompt, no menu, no further discovery.
inline constexpr std::uint8_t use_offered_boot_file = 8;

/// iPXE's encapsulated options, as far as they matter to us.
struct IpxeOptions {
  std::optional<std::uint8_t> no_pxe_dhcp;  // 176: do not wait for ProxyDHCP offers
  bool speaks_http = false;                 // feature 19
  friend bool operator==(const IpxeOptions&, const IpxeOptions&) = default;
};

struct ClientNetworkInterface {  // UNDI version
  std::uint8_t type = 0;
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  friend bool operator==(const ClientNetworkInterface&, const ClientNetworkInterface&) = default;
};

// Each parser reads one option's value. Nothing: the value is malformed.
[[nodiscard]] std::optional<PxeVendorOptions> parse_pxe_vendor_options(core::ByteView value);
[[nodiscard]] std::optional<IpxeOptions> parse_ipxe_options(core::ByteView value);
[[nodiscard]] std::optional<ClientNetworkInterface> parse_client_network_interface(core::ByteView value);
/// Option 97, type 0. Firmware puts the SMBIOS UUID there as it lies in memory, first three fields
/// little-endian (SMBIOS 2.6); the result is in RFC 4122 order, as dmidecode and ${uuid} print it.
[[nodiscard]] std::optional<core::Uuid> parse_machine_identifier(core::ByteView value);
/// The classes of an RFC 3004 value, or the whole value as one class when it is not one.
[[nodiscard]] std::vector<std::string_view> parse_user_classes(core::ByteView value);
/// The first architecture of the list that we know; `unknown` when there is none.
[[nodiscard]] core::ClientArch parse_client_architecture(core::ByteView value);
/// From "PXEClient:Arch:00007:UNDI:003000", for firmware that leaves option 93 out.
[[nodiscard]] core::ClientArch parse_vendor_class_architecture(std::string_view vendor_class);

/// A machine that boots over the network, with what the reply must repeat to it.
struct BootClient {
  BootRequest request;
  std::optional<PxeVendorOptions::BootItem> boot_item;
};

/// Nothing when this is an ordinary DHCP client (an operating system, a BMC, a printer).
[[nodiscard]] std::optional<BootClient> classify(const Message& message);

}  // namespace colony::pxe::dhcp
