#pragma once
// The client's half of DHCP (RFC 2131, 2132, 4578, PXE 2.1), written apart from pxe/dhcp on purpose: the
// appliance's codec must not be tested only against itself. Requests are byte for byte what the programs they
// imitate send (tests/hw-sim/golden holds captures of EDK2 and iPXE); replies are read as leniently as
// firmware reads them.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/evidence/evidence.hpp"
#include "core/ids.hpp"

namespace colony::hw_sim {

/// What firmware a server has; RACK.yaml `firmware`.
enum class FirmwareKind : std::uint8_t { bios, uefi, uefi_http };
std::string_view name(FirmwareKind kind);

/// Which program writes the packet.
enum class DhcpSpeaker : std::uint8_t {
  rom,   // the firmware's own PXE or HTTP boot code
  ipxe,  // iPXE, loaded by that firmware
  os,    // the operating system on the disk: wants an address, boots nothing
};

enum class DhcpMessageType : std::uint8_t { discover = 1, offer = 2, request = 3, ack = 5, nak = 6 };

struct Xid {
  std::uint32_t value = 0;
  friend bool operator==(const Xid&, const Xid&) = default;
};

struct DhcpIdentity {
  FirmwareKind firmware = FirmwareKind::uefi;
  DhcpSpeaker speaker = DhcpSpeaker::rom;
  core::MacAddress mac;
  core::Uuid smbios_uuid;
  std::string host_name;  // option 12, of an operating system
};

/// Option 93 (RFC 4578 section 2.1): 0, 7 or 16.
[[nodiscard]] std::uint16_t architecture(FirmwareKind kind);

struct DhcpRequestFields {
  DhcpMessageType type = DhcpMessageType::discover;
  Xid xid;
  std::uint16_t seconds = 0;
  core::Ipv4Address client;                       // ciaddr: only towards port 4011
  std::optional<core::Ipv4Address> server_id;     // option 54
  std::optional<core::Ipv4Address> requested;     // option 50
  std::optional<std::uint16_t> boot_server_type;  // option 43 sub-option 71, only towards port 4011
};

[[nodiscard]] core::Bytes encode_dhcp(const DhcpIdentity& identity, const DhcpRequestFields& fields);

/// The same broadcast from an address that is not there yet, as a whole Ethernet frame.
[[nodiscard]] core::Bytes encode_dhcp_frame(core::MacAddress source, core::ByteView payload);

/// Option 43 as PXE 2.1 section 2.3 uses it.
struct PxeVendorOptions {
  std::uint8_t discovery_control = 0;            // sub-option 6; bit 3: take the boot file name of this offer
  std::vector<std::uint16_t> boot_server_types;  // sub-option 8, in order
  std::optional<std::uint16_t> menu_first;       // sub-option 9: type of the first item
  friend bool operator==(const PxeVendorOptions&, const PxeVendorOptions&) = default;
};

struct DhcpReply {
  DhcpMessageType type = DhcpMessageType::offer;
  Xid xid;
  core::MacAddress client_mac;
  core::Ipv4Address your_address, next_server, server_id;
  std::uint32_t lease_seconds = 0;
  std::uint8_t prefix_length = 0;  // 0: no subnet mask
  std::string boot_file;           // option 67, else the `file` field; a trailing NUL is dropped
  std::string vendor_class;        // option 60
  std::optional<PxeVendorOptions> pxe;
  bool no_proxy_wait = false;  // iPXE option 175 sub-option 176
};

enum class DhcpReplyFault : std::uint8_t {
  truncated,    // shorter than the fixed part, or an option runs past the end
  not_a_reply,  // op, htype, hlen
  no_magic,     // RFC 2131 section 3
  no_type,      // option 53 missing or unknown
};
std::string_view name(DhcpReplyFault fault);

[[nodiscard]] std::expected<DhcpReply, DhcpReplyFault> decode_dhcp_reply(core::ByteView bytes);

}  // namespace colony::hw_sim
