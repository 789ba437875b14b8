#pragma once
// What is said to and heard from a BMC, whatever the driver. Values only, so that codecs and simulators use
// them without coroutines.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"

namespace colony::drivers {

struct BmcEndpoint {
  core::Ipv4Address address;
  std::uint16_t port = 623;
};

struct BmcCredentials {
  std::string username;   // at most 16 bytes (IPMI 2.0 section 22.28)
  core::Secret password;  // at most 20 bytes (section 22.30)
  core::Secret other{};   // while it is being changed: tried when `password` is refused; empty: there is none
  [[nodiscard]] BmcCredentials clone() const { return {username, password.clone(), other.clone()}; }
};

/// IPMI 2.0 section 20.1 Get Device ID, section 22.14 Get System GUID, and the FRU board/product areas.
struct BmcIdentity {
  std::uint8_t device_id = 0;
  std::string firmware_revision;  // "2.49"
  std::uint32_t manufacturer_id = 0;
  std::uint16_t product_id = 0;
  std::optional<core::Uuid> system_guid;  // bytes as sent; SMBIOS may hold the swapped form
  std::string board_serial;               // empty when the FRU has none
  std::string product_serial;
  std::string product_name;
};

enum class PowerAction : std::uint8_t { off, on, soft_off, cycle, reset };
enum class BootDevice : std::uint8_t { none, pxe, disk, cdrom, bios_setup };
enum class BootPersistence : std::uint8_t { once, persistent };
enum class BootFirmware : std::uint8_t { legacy, efi };

struct BootDeviceSetting {
  BootDevice device = BootDevice::none;
  BootPersistence persistence = BootPersistence::once;
  BootFirmware firmware = BootFirmware::legacy;
  friend bool operator==(const BootDeviceSetting&, const BootDeviceSetting&) = default;
};

std::string_view name(PowerAction action);
std::string_view name(BootDevice device);

}  // namespace colony::drivers
