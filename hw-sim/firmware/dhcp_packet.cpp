#include "hw-sim/firmware/dhcp_packet.hpp"

#include <bit>

#include <fmt/format.h>

#include "hw-sim/net/frame.hpp"

namespace colony::hw_sim {

namespace {

constexpr std::size_t max_dhcp_bytes = 1472;  // what the captured programs announce in option 57
constexpr std::uint32_t magic_cookie = 0x63825363;
constexpr std::uint16_t broadcast_flag = 0x8000;

namespace option {
constexpr std::uint8_t pad = 0, subnet_mask = 1, host_name = 12, vendor = 43, requested_address = 50,
                       lease_time = 51, overload = 52, message_type = 53, server_id = 54, parameter_list = 55,
                       max_size = 57, vendor_class = 60, client_id = 61, boot_file = 67, user_class = 77,
                       architecture = 93, network_interface = 94, machine_id = 97, ipxe = 175, end = 255;
}  // namespace option

// Parameter lists in the order of the captures; nobody acts on the order, but servers have been seen to act
// on what is in it.
constexpr std::uint8_t edk2_pxe_list[] = {1,  2,  3,  4,   5,   6,   12,  13,  15,  17,  18, 22,
                                          23, 28, 40, 41,  42,  43,  50,  51,  54,  58,  59, 60,
                                          66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135};
constexpr std::uint8_t edk2_http_list[] = {1,  2,  3,  4,  5,  6,  12, 13, 15, 17, 18,  22, 23, 28,
                                           40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 235, 67, 97};
// A PXE 2.1 BIOS ROM (Intel Boot Agent): section 2.2.1 and table 2-1 name what it must ask for.
constexpr std::uint8_t bios_list[] = {1,  2,  3,  5,  6,   11,  12,  13,  15,  16,  17,  18,
                                      43, 54, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135};
constexpr std::uint8_t ipxe_list[] = {1,   3,   6,   7,   12,  15,  17,  26,  43,  60,  66, 67,
                                      119, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203};
constexpr std::uint8_t os_list[] = {1, 3, 6, 12, 15, 26, 42, 121};
// iPXE's own options: bus identity (177), version (235), and one flag for each feature it was built with.
constexpr std::uint8_t ipxe_bios_features[] = {
    0xb1, 0x05, 0x01, 0x80, 0x86, 0x10, 0x0e, 0xeb, 0x03, 0x01, 0x00, 0x00, 0x17, 0x01, 0x01, 0x22,
    0x01, 0x01, 0x13, 0x01, 0x01, 0x11, 0x01, 0x01, 0x27, 0x01, 0x01, 0x19, 0x01, 0x01, 0x29, 0x01,
    0x01, 0x10, 0x01, 0x02, 0x21, 0x01, 0x01, 0x15, 0x01, 0x01, 0x18, 0x01, 0x01, 0x12, 0x01, 0x01};
constexpr std::uint8_t ipxe_efi_features[] = {0xb1, 0x05, 0x01, 0x1a, 0xf4, 0x10, 0x00, 0xeb, 0x03,
                                              0x01, 0x00, 0x00, 0x17, 0x01, 0x01, 0x24, 0x01, 0x01,
                                              0x13, 0x01, 0x01, 0x11, 0x01, 0x01, 0x27, 0x01, 0x01,
                                              0x29, 0x01, 0x01, 0x15, 0x01, 0x01, 0x12, 0x01, 0x01};

class OptionWriter {
 public:
  explicit OptionWriter(core::ByteWriter& out) : out_(out) {}
  void bytes(std::uint8_t code, core::ByteView value) {
    out_.u8(code);
    out_.u8(static_cast<std::uint8_t>(value.size()));
    out_.bytes(value);
  }
  void text(std::uint8_t code, std::string_view value) { bytes(code, core::as_bytes(value)); }
  void u8(std::uint8_t code, std::uint8_t value) { bytes(code, {&value, 1}); }
  void u16(std::uint8_t code, std::uint16_t value) {
    out_.u8(code);
    out_.u8(2);
    out_.u16be(value);
  }
  void address(std::uint8_t code, core::Ipv4Address value) {
    out_.u8(code);
    out_.u8(4);
    out_.u32be(value.value());
  }

 private:
  core::ByteWriter& out_;
};

/// UNDI version in options 60 and 94: 2.1 for a PXE ROM, 3.0 for EDK2, 3.10 for iPXE over EFI's SNP.
struct UndiVersion {
  std::uint8_t type, major, minor;
};
UndiVersion undi(const DhcpIdentity& identity) {
  if (identity.firmware == FirmwareKind::bios) return {1, 2, 1};
  return identity.speaker == DhcpSpeaker::ipxe ? UndiVersion{1, 3, 10} : UndiVersion{1, 3, 0};
}

/// iPXE loaded over HTTP boot is ordinary x64 EFI iPXE: architecture 7.
std::uint16_t spoken_architecture(const DhcpIdentity& identity) {
  if (identity.speaker == DhcpSpeaker::ipxe && identity.firmware == FirmwareKind::uefi_http) {
    return architecture(FirmwareKind::uefi);
  }
  return architecture(identity.firmware);
}

void write_machine_id(OptionWriter& options, const DhcpIdentity& identity) {
  // RFC 4578 section 2.3: type 0, then the UUID as SMBIOS holds it, first three fields little-endian.
  core::ByteWriter value(17);
  value.u8(0);
  value.bytes(identity.smbios_uuid.swapped().octets());
  options.bytes(option::machine_id, value.view());
}

void write_interface(OptionWriter& options, const DhcpIdentity& identity) {
  const UndiVersion version = undi(identity);
  const std::uint8_t value[] = {version.type, version.major, version.minor};
  options.bytes(option::network_interface, value);
}

void write_class(OptionWriter& options, const DhcpIdentity& identity) {
  const UndiVersion version = undi(identity);
  const bool http = identity.firmware == FirmwareKind::uefi_http && identity.speaker == DhcpSpeaker::rom;
  options.text(option::vendor_class,
               fmt::format("{}:Arch:{:05}:UNDI:{:03}{:03}", http ? "HTTPClient" : "PXEClient",
                           spoken_architecture(identity), version.major, version.minor));
}

void write_addresses(OptionWriter& options, const DhcpRequestFields& fields) {
  if (fields.server_id) options.address(option::server_id, *fields.server_id);
  if (fields.requested) options.address(option::requested_address, *fields.requested);
}

void write_boot_item(OptionWriter& options, const DhcpRequestFields& fields) {
  if (!fields.boot_server_type) return;
  // PXE 2.1 section 2.3.2: sub-option 71 = type and layer 0, then end.
  core::ByteWriter value(8);
  value.u8(71);
  value.u8(4);
  value.u16be(*fields.boot_server_type);
  value.u16be(0);
  value.u8(option::end);
  options.bytes(option::vendor, value.view());
}

void write_rom_options(OptionWriter& options, const DhcpIdentity& identity, const DhcpRequestFields& fields) {
  write_addresses(options, fields);
  const bool bios = identity.firmware == FirmwareKind::bios;
  if (bios) options.bytes(option::parameter_list, bios_list);
  // EDK2 asks with the size of its receive buffer once it has seen an offer.
  const bool edk2_request = !bios && fields.type == DhcpMessageType::request;
  options.u16(option::max_size, edk2_request ? 0xff00 : bios ? 1260 : 1472);
  if (identity.firmware == FirmwareKind::uefi) options.bytes(option::parameter_list, edk2_pxe_list);
  if (identity.firmware == FirmwareKind::uefi_http) options.bytes(option::parameter_list, edk2_http_list);
  write_machine_id(options, identity);
  if (bios) {
    options.u16(option::architecture, spoken_architecture(identity));
    write_interface(options, identity);
  } else {
    write_interface(options, identity);
    options.u16(option::architecture, spoken_architecture(identity));
  }
  write_class(options, identity);
  write_boot_item(options, fields);
}

void write_ipxe_options(OptionWriter& options, const DhcpIdentity& identity,
                        const DhcpRequestFields& fields) {
  options.u16(option::max_size, 1472);
  options.u16(option::architecture, spoken_architecture(identity));
  write_interface(options, identity);
  write_class(options, identity);
  options.text(option::user_class, "iPXE");  // bare text, not the length-prefixed form of RFC 3004
  options.bytes(option::parameter_list, ipxe_list);
  if (identity.firmware == FirmwareKind::bios) {
    options.bytes(option::ipxe, ipxe_bios_features);
  } else {
    options.bytes(option::ipxe, ipxe_efi_features);
  }
  core::ByteWriter client(7);
  client.u8(1);
  client.bytes(identity.mac.octets());
  options.bytes(option::client_id, client.view());
  write_machine_id(options, identity);
  write_addresses(options, fields);
}

/// A Linux DHCP client: no PXE option at all, so that boot servers leave it alone.
void write_os_options(OptionWriter& options, const DhcpIdentity& identity, const DhcpRequestFields& fields) {
  write_addresses(options, fields);
  options.u16(option::max_size, 1500);
  options.bytes(option::parameter_list, os_list);
  if (!identity.host_name.empty()) options.text(option::host_name, identity.host_name);
  core::ByteWriter client(7);
  client.u8(1);
  client.bytes(identity.mac.octets());
  options.bytes(option::client_id, client.view());
}

PxeVendorOptions decode_pxe(core::ByteView bytes) {
  PxeVendorOptions out;
  core::ByteReader in(bytes);
  while (const auto tag = in.u8()) {
    const std::uint8_t code = *tag;
    if (code == option::end) break;
    if (code == option::pad) continue;
    const auto length = in.u8();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value) break;  // firmware ignores what is cut off
    core::ByteReader sub(*value);
    if (code == 6 && value->size() == 1) out.discovery_control = (*value)[0];
    if (code == 8) {  // list of: type, count, that many addresses
      while (sub.remaining() >= 3) {
        const auto type = sub.u16be();
        const auto count = sub.u8();
        if (!sub.skip(static_cast<std::size_t>(*count) * 4)) break;
        out.boot_server_types.push_back(*type);
      }
    }
    if (code == 9 && value->size() >= 3) out.menu_first = sub.u16be();
  }
  return out;
}

bool decode_ipxe_no_proxy(core::ByteView bytes) {
  core::ByteReader in(bytes);
  while (const auto tag = in.u8()) {
    const std::uint8_t code = *tag;
    if (code == option::end) break;
    if (code == option::pad) continue;
    const auto length = in.u8();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value) break;
    if (code == 176 && value->size() == 1) return (*value)[0] != 0;
  }
  return false;
}

/// Text in a fixed or counted field ends at its first NUL.
std::string until_nul(core::ByteView bytes) {
  const std::string_view text = core::as_text(bytes);
  return std::string(text.substr(0, text.find('\0')));
}

std::optional<std::uint32_t> u32_of(core::ByteView value) {
  core::ByteReader in(value);
  const auto number = in.u32be();
  return in.at_end() ? number : std::nullopt;
}

void take_option(DhcpReply& reply, bool& typed, std::uint8_t code, core::ByteView value) {
  switch (code) {
    case option::message_type:
      if (value.size() == 1 && (value[0] == 2 || value[0] == 5 || value[0] == 6)) {
        reply.type = static_cast<DhcpMessageType>(value[0]);
        typed = true;
      }
      break;
    case option::subnet_mask:
      if (const auto mask = u32_of(value))
        reply.prefix_length = static_cast<std::uint8_t>(std::countl_one(*mask));
      break;
    case option::server_id:
      if (const auto address = u32_of(value)) reply.server_id = core::Ipv4Address(*address);
      break;
    case option::lease_time: reply.lease_seconds = u32_of(value).value_or(0); break;
    case option::boot_file: reply.boot_file = until_nul(value); break;
    case option::vendor_class: reply.vendor_class = until_nul(value); break;
    case option::vendor: reply.pxe = decode_pxe(value); break;
    case option::ipxe: reply.no_proxy_wait = decode_ipxe_no_proxy(value); break;
    default: break;
  }
}

}  // namespace

std::string_view name(FirmwareKind kind) {
  switch (kind) {
    case FirmwareKind::bios: return "bios";
    case FirmwareKind::uefi: return "uefi";
    case FirmwareKind::uefi_http: return "uefi-http";
  }
  return "?";
}

std::string_view name(DhcpReplyFault fault) {
  switch (fault) {
    case DhcpReplyFault::truncated: return "truncated";
    case DhcpReplyFault::not_a_reply: return "not_a_reply";
    case DhcpReplyFault::no_magic: return "no_magic";
    case DhcpReplyFault::no_type: return "no_type";
  }
  return "?";
}

std::uint16_t architecture(FirmwareKind kind) {
  switch (kind) {
    case FirmwareKind::bios: return 0;
    case FirmwareKind::uefi: return 7;
    case FirmwareKind::uefi_http: return 16;
  }
  return 0;
}

core::Bytes encode_dhcp(const DhcpIdentity& identity, const DhcpRequestFields& fields) {
  core::ByteWriter out(max_dhcp_bytes);
  out.u8(1);  // BOOTREQUEST
  out.u8(1);  // Ethernet
  out.u8(6);
  out.u8(0);
  out.u32be(fields.xid.value);
  out.u16be(fields.seconds);
  // iPXE hears unicast before it has an address and says so; ROMs ask for broadcast. Towards port 4011 the
  // client has its address.
  const bool broadcast = identity.speaker == DhcpSpeaker::rom && fields.client.is_unspecified();
  out.u16be(broadcast ? broadcast_flag : 0);
  out.u32be(fields.client.value());
  out.fill(12, 0);  // yiaddr, siaddr, giaddr
  out.bytes(identity.mac.octets());
  out.fill(10 + 64 + 128, 0);  // rest of chaddr, sname, file
  out.u32be(magic_cookie);
  OptionWriter options(out);
  options.u8(option::message_type, static_cast<std::uint8_t>(fields.type));
  switch (identity.speaker) {
    case DhcpSpeaker::rom: write_rom_options(options, identity, fields); break;
    case DhcpSpeaker::ipxe: write_ipxe_options(options, identity, fields); break;
    case DhcpSpeaker::os: write_os_options(options, identity, fields); break;
  }
  out.u8(option::end);
  // PXE 2.1 BIOS ROMs always send 548 bytes.
  constexpr std::size_t bios_bytes = 548;
  if (identity.speaker == DhcpSpeaker::rom && identity.firmware == FirmwareKind::bios &&
      out.size() < bios_bytes) {
    out.fill(bios_bytes - out.size(), 0);
  }
  return std::move(out).finish();
}

core::Bytes encode_dhcp_frame(core::MacAddress source, core::ByteView payload) {
  UdpFrame frame;
  frame.source_mac = source;
  frame.destination_mac = broadcast_mac();
  frame.destination = core::Ipv4Address(0xffffffff);
  frame.source_port = 68;
  frame.destination_port = 67;
  frame.payload = payload;
  return encode(frame);
}

std::expected<DhcpReply, DhcpReplyFault> decode_dhcp_reply(core::ByteView bytes) {
  core::ByteReader in(bytes);
  const auto op = in.u8();
  const auto hardware = in.u8();
  const auto hardware_length = in.u8();
  (void)in.skip(1);
  const auto xid = in.u32be();
  (void)in.skip(8);  // secs, flags, ciaddr
  const auto your = in.u32be();
  const auto next = in.u32be();
  (void)in.skip(4);  // giaddr
  const auto chaddr = in.take(16);
  (void)in.skip(64);  // sname
  const auto file = in.take(128);
  const auto magic = in.u32be();
  if (!op || !hardware || !hardware_length || !xid || !your || !next || !chaddr || !file || !magic) {
    return std::unexpected(DhcpReplyFault::truncated);
  }
  if (*op != 2 || *hardware != 1 || *hardware_length != 6)
    return std::unexpected(DhcpReplyFault::not_a_reply);
  if (*magic != magic_cookie) return std::unexpected(DhcpReplyFault::no_magic);

  DhcpReply reply;
  reply.xid = Xid{*xid};
  core::MacAddress::Octets mac{};
  std::copy_n(chaddr->begin(), mac.size(), mac.begin());
  reply.client_mac = core::MacAddress(mac);
  reply.your_address = core::Ipv4Address(*your);
  reply.next_server = core::Ipv4Address(*next);
  bool typed = false;
  bool file_overloaded = false;
  while (const auto tag = in.u8()) {
    const std::uint8_t code = *tag;
    if (code == option::end) break;
    if (code == option::pad) continue;
    const auto length = in.u8();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value) return std::unexpected(DhcpReplyFault::truncated);
    if (code == option::overload && value->size() == 1) file_overloaded = ((*value)[0] & 1) != 0;
    take_option(reply, typed, code, *value);
  }
  if (!typed) return std::unexpected(DhcpReplyFault::no_type);
  if (reply.boot_file.empty() && !file_overloaded) reply.boot_file = until_nul(*file);
  return reply;
}

}  // namespace colony::hw_sim
