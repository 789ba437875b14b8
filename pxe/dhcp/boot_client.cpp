#include "pxe/dhcp/boot_client.hpp"

#include <algorithm>
#include <charconv>

namespace colony::pxe::dhcp {

namespace {

using core::ClientArch;

// Tags inside option 43 (PXE 2.1 table 2-1) and inside option 175 (iPXE's dhcp.h).
constexpr std::uint8_t pxe_discovery_control = 6;
constexpr std::uint8_t pxe_boot_item = 71;
constexpr std::uint8_t ipxe_feature_http = 19;
constexpr std::uint8_t ipxe_no_pxe_dhcp = 176;

/// IANA "Processor Architecture Types". EDK2 for x64 sends 7 ("EFI BC") and 16; 9 is what the RFC says.
ClientArch architecture(std::uint16_t number) {
  switch (number) {
    case 0: return ClientArch::bios_x86;
    case 7:
    case 9: return ClientArch::efi_x64;
    case 11: return ClientArch::efi_arm64;
    case 16: return ClientArch::efi_x64_http;
    case 19: return ClientArch::efi_arm64_http;
    default: return ClientArch::unknown;
  }
}

/// The same machine, whichever way it boots: an HTTP number after a PXE vendor class, or the other way round.
ClientArch for_stage(ClientArch arch, core::BootStage stage) {
  const bool http = stage == core::BootStage::firmware_http;
  switch (arch) {
    case ClientArch::efi_x64:
    case ClientArch::efi_x64_http: return http ? ClientArch::efi_x64_http : ClientArch::efi_x64;
    case ClientArch::efi_arm64:
    case ClientArch::efi_arm64_http: return http ? ClientArch::efi_arm64_http : ClientArch::efi_arm64;
    default: return arch;
  }
}

/// Calls `visit(tag, value)` for each tag-length-value item; false when one runs past the end.
template <class Visit>
bool for_each_item(core::ByteView value, const Visit& visit) {
  core::ByteReader in(value);
  while (!in.at_end()) {
    const auto tag = in.u8().value_or(0);
    if (tag == static_cast<std::uint8_t>(OptionCode::pad)) continue;
    if (tag == static_cast<std::uint8_t>(OptionCode::end)) return true;
    const auto length = in.u8();
    const auto item = length ? in.take(*length) : std::nullopt;
    if (!item) return false;
    visit(tag, *item);
  }
  return true;
}

std::optional<core::BootStage> stage_of(const Options& options) {
  if (options.has(OptionCode::ipxe)) return core::BootStage::ipxe;
  if (const auto user_class = options.find(OptionCode::user_class)) {
    const auto classes = parse_user_classes(*user_class);
    if (std::ranges::find(classes, "iPXE") != classes.end()) return core::BootStage::ipxe;
  }
  const auto vendor_class = options.find_text(OptionCode::vendor_class).value_or("");
  if (vendor_class.starts_with("PXEClient")) return core::BootStage::firmware_pxe;
  if (vendor_class.starts_with("HTTPClient")) return core::BootStage::firmware_http;
  return std::nullopt;
}

}  // namespace

std::optional<PxeVendorOptions> parse_pxe_vendor_options(core::ByteView value) {
  PxeVendorOptions out;
  const bool whole = for_each_item(value, [&out](std::uint8_t tag, core::ByteView item) {
    core::ByteReader in(item);
    if (tag == pxe_discovery_control && item.size() == 1) out.discovery_control = in.u8();
    if (tag == pxe_boot_item && item.size() == 4) {
      const auto type = in.u16be().value_or(0);
      const auto layer = in.u16be().value_or(0);
      out.boot_item = PxeVendorOptions::BootItem{type, layer};
    }
  });
  if (!whole) return std::nullopt;
  return out;
}

std::optional<IpxeOptions> parse_ipxe_options(core::ByteView value) {
  IpxeOptions out;
  const bool whole = for_each_item(value, [&out](std::uint8_t tag, core::ByteView item) {
    if (item.size() != 1) return;
    if (tag == ipxe_no_pxe_dhcp) out.no_pxe_dhcp = item.front();
    if (tag == ipxe_feature_http) out.speaks_http = item.front() != 0;
  });
  if (!whole) return std::nullopt;
  return out;
}

std::optional<ClientNetworkInterface> parse_client_network_interface(core::ByteView value) {
  if (value.size() != 3) return std::nullopt;
  return ClientNetworkInterface{value[0], value[1], value[2]};
}

std::optional<core::Uuid> parse_machine_identifier(core::ByteView value) {
  core::Uuid::Octets octets{};
  if (value.size() != octets.size() + 1 || value.front() != 0) return std::nullopt;
  std::ranges::copy(value.subspan(1), octets.begin());
  return core::Uuid(octets).swapped();
}

std::vector<std::string_view> parse_user_classes(core::ByteView value) {
  std::vector<std::string_view> classes;
  core::ByteReader in(value);
  while (!in.at_end()) {
    const auto length = in.u8().value_or(0);
    const auto item = in.take(length);
    if (length == 0 || !item) return {core::as_text(value)};
    classes.push_back(core::as_text(*item));
  }
  return classes;
}

core::ClientArch parse_client_architecture(core::ByteView value) {
  core::ByteReader in(value);
  while (const auto number = in.u16be()) {
    const auto arch = architecture(*number);
    if (arch != ClientArch::unknown) return arch;
  }
  return ClientArch::unknown;
}

core::ClientArch parse_vendor_class_architecture(std::string_view vendor_class) {
  constexpr std::string_view marker = ":Arch:";
  constexpr std::size_t digits = 5;
  const auto at = vendor_class.find(marker);
  if (at == std::string_view::npos) return ClientArch::unknown;
  const std::string_view text = vendor_class.substr(at + marker.size(), digits);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || text.size() != digits || end != text.data() + digits)
    return ClientArch::unknown;
  return architecture(number);
}

std::optional<BootClient> classify(const Message& message) {
  const auto stage = stage_of(message.options);
  if (!stage) return std::nullopt;
  BootClient client;
  client.request.mac = message.mac;
  client.request.stage = *stage;

  // Option 93 is the only reliable word on the architecture (ipxe/ipxe#1527); the text is the fallback.
  const auto list = message.options.find(OptionCode::client_architecture);
  auto arch = list ? parse_client_architecture(*list) : ClientArch::unknown;
  if (!list) {
    arch = parse_vendor_class_architecture(message.options.find_text(OptionCode::vendor_class).value_or(""));
  }
  client.request.arch = for_stage(arch, *stage);

  if (const auto id = message.options.find(OptionCode::client_machine_identifier)) {
    client.request.uuid = parse_machine_identifier(*id);
  }
  if (!message.client.is_unspecified()) client.request.address = message.client;
  if (const auto vendor = message.options.find(OptionCode::vendor_specific)) {
    client.boot_item = parse_pxe_vendor_options(*vendor).value_or(PxeVendorOptions{}).boot_item;
  }
  return client;
}

}  // namespace colony::pxe::dhcp
