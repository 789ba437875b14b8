#pragma once
// Who an asset is: the strong keys by which it is recognised again. A key is one line of text
// ("mac:52:54:..."), so that all kinds are looked up and compared alike. What firmware vendors ship unset is
// no key.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/ids.hpp"
#include "drivers/bmc.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::workflows {

struct Identity {
  std::vector<core::MacAddress> macs;  // permanent ones, of the last look at it
  /// Of ports that are not there any more, oldest first: they make no conflict, and by themselves they name
  /// nobody, for the card may be in another machine by now.
  std::vector<core::MacAddress> retired_macs;
  std::optional<core::Uuid> smbios_uuid;
  std::string system_serial, board_serial, chassis_serial;
  std::string manufacturer, product;
  std::optional<core::Ipv4Address> bmc_address;  // as the machine itself tells it
  std::optional<core::MacAddress> bmc_mac;
  std::optional<core::Uuid> bmc_guid;  // IPMI Get System GUID, bytes as sent
  std::string bmc_board_serial, bmc_product_serial;
  std::vector<std::string> aliases;
  std::optional<core::AssetId> merged_into;  // this row was found to be that asset: it is no asset any more
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// Serials and UUIDs that vendors leave in thousands of boards identify nothing.
[[nodiscard]] bool is_usable_serial(std::string_view serial);
[[nodiscard]] bool is_usable_uuid(const core::Uuid& uuid);

/// What scout saw, as identity; the placeholders are left out.
[[nodiscard]] Identity identity_of(const drivers::scout::Inventory& inventory);
[[nodiscard]] Identity identity_of(const drivers::BmcIdentity& bmc);

/// Strong keys: "mac:", "uuid:", "board:", "system:", "bmcmac:", "guid:". A chassis serial is none: the nodes
/// of a twin chassis share it.
[[nodiscard]] std::vector<std::string> strong_keys(const Identity& identity);

inline constexpr std::size_t max_retired_macs = 16;
/// The ports that the machine has now are `present`; the others are retired.
void retire_other_macs(Identity& known, const std::vector<core::MacAddress>& present);

/// Two machines that share a UUID or a GUID, as boards of one maker sometimes do: no port in common, and
/// another serial number or another BMC.
[[nodiscard]] bool is_other_machine(const Identity& known, const Identity& seen);

/// What `newer` knows is added to `known`; nothing known is forgotten but a changed BMC address.
void add_to(Identity& known, const Identity& newer);

[[nodiscard]] std::string to_text(const Identity& identity);
/// Unreadable text gives an empty identity: an asset without keys is recognised by nothing, which is safe.
[[nodiscard]] Identity identity_from_text(std::string_view text);

/// BMC's own word, kept for people and for matching.
[[nodiscard]] std::string to_text(const drivers::BmcIdentity& identity);
[[nodiscard]] std::optional<drivers::BmcIdentity> bmc_identity_from_text(std::string_view text);

/// How a machine seen by scout was recognised as the one behind a BMC; empty when it was not. In order of
/// trust: in-band BMC address or MAC, System GUID = SMBIOS UUID in either byte order, FRU serial = SMBIOS
/// serial.
[[nodiscard]] std::string_view match_reason(const Identity& machine, const Identity& bmc,
                                            core::Ipv4Address bmc_address);

}  // namespace colony::workflows
