#include "workflows/assets/identity.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace colony::workflows {

namespace {

constexpr std::array<std::string_view, 17> placeholder_serials{
    "to be filled by o.e.m.",
    "to be filled by o.e.m",
    "default string",
    "system serial number",
    "base board serial number",
    "chassis serial number",
    "serial number",
    "not specified",
    "not applicable",
    "not available",
    "none",
    "n/a",
    "na",
    "oem",
    "invalid",
    "unknown",
    "0123456789",
};

// Reported on many boards of different owners; the last is what AMI firmware ships.
constexpr std::array<std::string_view, 6> placeholder_uuids{
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "12345678-1234-5678-90ab-cddeefaabbcc",
    "12345678-1234-1234-1234-123456789abc", "00020003-0004-0005-0006-000700080009",
    "03000200-0400-0500-0006-000700080009", "fefefefe-fefe-fefe-fefe-fefefefefefe",
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string usable(std::string_view serial) {
  const auto first = serial.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  const auto trimmed = serial.substr(first, serial.find_last_not_of(" \t") - first + 1);
  return is_usable_serial(trimmed) ? std::string(trimmed) : std::string{};
}

/// One spelling for both readings of the same bytes: BMCs and firmware disagree about the byte order.
std::string uuid_key(const core::Uuid& uuid) {
  return std::min(uuid, uuid.swapped()).to_string();
}

void put(core::Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}
template <class Printable>
void put(core::Json& json, const char* key, const std::optional<Printable>& value) {
  if (value) json[key] = value->to_string();
}
void take(const core::Json& json, const char* key, std::string& out) {
  out = core::json_text(json, key).value_or("");
}
template <class Parsed>
void take(const core::Json& json, const char* key, std::optional<Parsed>& out) {
  out = Parsed::parse(core::json_text(json, key).value_or(""));
}

void keep(std::string& known, const std::string& newer) {
  if (!newer.empty()) known = newer;
}
template <class T>
void keep(std::optional<T>& known, const std::optional<T>& newer) {
  if (newer) known = newer;
}

}  // namespace

bool is_usable_serial(std::string_view serial) {
  if (serial.size() < 2 || serial.size() > 128) return false;
  const std::string folded = lower(serial);
  if (std::ranges::find(placeholder_serials, folded) != placeholder_serials.end()) return false;
  // "0000000", "........", "xxxxxxxx"
  return !std::ranges::all_of(folded, [&folded](char c) { return c == folded.front(); });
}

bool is_usable_uuid(const core::Uuid& uuid) {
  return !uuid.is_zero() &&
         std::ranges::find(placeholder_uuids, uuid.to_string()) == placeholder_uuids.end() &&
         std::ranges::find(placeholder_uuids, uuid.swapped().to_string()) == placeholder_uuids.end();
}

Identity identity_of(const drivers::scout::Inventory& inventory) {
  Identity identity;
  for (const auto& nic : inventory.nics) {
    if (!nic.mac.is_zero() && !nic.mac.is_group() &&
        std::ranges::find(identity.macs, nic.mac) == identity.macs.end()) {
      identity.macs.push_back(nic.mac);
    }
  }
  if (inventory.smbios.uuid && is_usable_uuid(*inventory.smbios.uuid))
    identity.smbios_uuid = inventory.smbios.uuid;
  identity.system_serial = usable(inventory.smbios.serial);
  identity.board_serial = usable(inventory.smbios.board_serial);
  identity.chassis_serial = usable(inventory.smbios.chassis_serial);
  identity.manufacturer = inventory.smbios.manufacturer;
  identity.product = inventory.smbios.product;
  if (inventory.bmc) {
    if (inventory.bmc->address && !inventory.bmc->address->is_unspecified()) {
      identity.bmc_address = inventory.bmc->address;
    }
    if (inventory.bmc->mac && !inventory.bmc->mac->is_zero()) identity.bmc_mac = inventory.bmc->mac;
    if (inventory.bmc->system_guid && is_usable_uuid(*inventory.bmc->system_guid)) {
      identity.bmc_guid = inventory.bmc->system_guid;
    }
  }
  return identity;
}

Identity identity_of(const drivers::BmcIdentity& bmc) {
  Identity identity;
  if (bmc.system_guid && is_usable_uuid(*bmc.system_guid)) identity.bmc_guid = bmc.system_guid;
  identity.bmc_board_serial = usable(bmc.board_serial);
  identity.bmc_product_serial = usable(bmc.product_serial);
  return identity;
}

std::vector<std::string> strong_keys(const Identity& identity) {
  std::vector<std::string> keys;
  keys.reserve(identity.macs.size() + 4);
  for (const auto& mac : identity.macs) keys.push_back("mac:" + mac.to_string());
  if (identity.smbios_uuid) keys.push_back("uuid:" + uuid_key(*identity.smbios_uuid));
  const auto with_maker = [&identity](std::string_view kind, const std::string& serial) {
    return std::string(kind) + lower(identity.manufacturer) + "/" + serial;
  };
  if (!identity.system_serial.empty()) keys.push_back(with_maker("system:", identity.system_serial));
  if (!identity.board_serial.empty()) keys.push_back(with_maker("board:", identity.board_serial));
  if (identity.bmc_mac) keys.push_back("bmcmac:" + identity.bmc_mac->to_string());
  if (identity.bmc_guid) keys.push_back("guid:" + uuid_key(*identity.bmc_guid));
  return keys;
}

void retire_other_macs(Identity& known, const std::vector<core::MacAddress>& present) {
  std::vector<core::MacAddress> retired = std::move(known.retired_macs);
  retired.insert(retired.end(), known.macs.begin(), known.macs.end());
  known.retired_macs.clear();
  known.macs = present;
  for (const auto& mac : retired) {
    if (std::ranges::find(present, mac) == present.end() &&
        std::ranges::find(known.retired_macs, mac) == known.retired_macs.end()) {
      known.retired_macs.push_back(mac);
    }
  }
  if (known.retired_macs.size() > max_retired_macs) {
    known.retired_macs.erase(known.retired_macs.begin(), known.retired_macs.end() - max_retired_macs);
  }
}

bool is_other_machine(const Identity& known, const Identity& seen) {
  const auto is_known = [&known](const core::MacAddress& mac) {
    return std::ranges::find(known.macs, mac) != known.macs.end() ||
           std::ranges::find(known.retired_macs, mac) != known.retired_macs.end();
  };
  if (known.macs.empty() || seen.macs.empty() || std::ranges::any_of(seen.macs, is_known)) return false;
  const auto differ = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  return differ(known.system_serial, seen.system_serial) || differ(known.board_serial, seen.board_serial) ||
         (known.bmc_mac && seen.bmc_mac && *known.bmc_mac != *seen.bmc_mac);
}

void add_to(Identity& known, const Identity& newer) {
  for (const auto& mac : newer.macs) {
    if (std::ranges::find(known.macs, mac) == known.macs.end()) known.macs.push_back(mac);
  }
  keep(known.smbios_uuid, newer.smbios_uuid);
  keep(known.system_serial, newer.system_serial);
  keep(known.board_serial, newer.board_serial);
  keep(known.chassis_serial, newer.chassis_serial);
  keep(known.manufacturer, newer.manufacturer);
  keep(known.product, newer.product);
  keep(known.bmc_address, newer.bmc_address);
  keep(known.bmc_mac, newer.bmc_mac);
  keep(known.bmc_guid, newer.bmc_guid);
  keep(known.bmc_board_serial, newer.bmc_board_serial);
  keep(known.bmc_product_serial, newer.bmc_product_serial);
  for (const auto& alias : newer.aliases) {
    if (std::ranges::find(known.aliases, alias) == known.aliases.end()) known.aliases.push_back(alias);
  }
}

std::string to_text(const Identity& identity) {
  core::Json json{{"v", 1}};
  for (const auto& mac : identity.macs) json["macs"].push_back(mac.to_string());
  for (const auto& mac : identity.retired_macs) json["retired_macs"].push_back(mac.to_string());
  put(json, "uuid", identity.smbios_uuid);
  put(json, "system_serial", identity.system_serial);
  put(json, "board_serial", identity.board_serial);
  put(json, "chassis_serial", identity.chassis_serial);
  put(json, "manufacturer", identity.manufacturer);
  put(json, "product", identity.product);
  put(json, "bmc_address", identity.bmc_address);
  put(json, "bmc_mac", identity.bmc_mac);
  put(json, "bmc_guid", identity.bmc_guid);
  put(json, "bmc_board_serial", identity.bmc_board_serial);
  put(json, "bmc_product_serial", identity.bmc_product_serial);
  for (const auto& alias : identity.aliases) json["aliases"].push_back(alias);
  put(json, "merged_into", identity.merged_into);
  return core::dump_json(json);
}

Identity identity_from_text(std::string_view text) {
  Identity identity;
  const auto parsed = core::parse_json(text);
  if (!parsed) return identity;
  const core::Json& json = *parsed;
  const auto each_text = [&json](const char* key, auto&& use) {
    const core::Json* const list = core::json_member(json, key);
    if (list == nullptr || !list->is_array()) return;
    for (const auto& entry : *list) {
      if (entry.is_string()) use(entry.get_ref<const std::string&>());
    }
  };
  each_text("macs", [&identity](const std::string& mac) {
    if (const auto value = core::MacAddress::parse(mac)) identity.macs.push_back(*value);
  });
  each_text("retired_macs", [&identity](const std::string& mac) {
    if (const auto value = core::MacAddress::parse(mac)) identity.retired_macs.push_back(*value);
  });
  take(json, "uuid", identity.smbios_uuid);
  take(json, "system_serial", identity.system_serial);
  take(json, "board_serial", identity.board_serial);
  take(json, "chassis_serial", identity.chassis_serial);
  take(json, "manufacturer", identity.manufacturer);
  take(json, "product", identity.product);
  take(json, "bmc_address", identity.bmc_address);
  take(json, "bmc_mac", identity.bmc_mac);
  take(json, "bmc_guid", identity.bmc_guid);
  take(json, "bmc_board_serial", identity.bmc_board_serial);
  take(json, "bmc_product_serial", identity.bmc_product_serial);
  each_text("aliases", [&identity](const std::string& alias) { identity.aliases.push_back(alias); });
  take(json, "merged_into", identity.merged_into);
  return identity;
}

std::string to_text(const drivers::BmcIdentity& identity) {
  core::Json json{{"device_id", identity.device_id},
                  {"firmware", identity.firmware_revision},
                  {"manufacturer_id", identity.manufacturer_id},
                  {"product_id", identity.product_id}};
  put(json, "system_guid", identity.system_guid);
  put(json, "board_serial", identity.board_serial);
  put(json, "product_serial", identity.product_serial);
  put(json, "product_name", identity.product_name);
  return core::dump_json(json);
}

std::optional<drivers::BmcIdentity> bmc_identity_from_text(std::string_view text) {
  const auto parsed = core::parse_json(text);
  if (!parsed) return std::nullopt;
  drivers::BmcIdentity identity;
  identity.device_id = static_cast<std::uint8_t>(core::json_uint(*parsed, "device_id").value_or(0));
  take(*parsed, "firmware", identity.firmware_revision);
  identity.manufacturer_id =
      static_cast<std::uint32_t>(core::json_uint(*parsed, "manufacturer_id").value_or(0));
  identity.product_id = static_cast<std::uint16_t>(core::json_uint(*parsed, "product_id").value_or(0));
  take(*parsed, "system_guid", identity.system_guid);
  take(*parsed, "board_serial", identity.board_serial);
  take(*parsed, "product_serial", identity.product_serial);
  take(*parsed, "product_name", identity.product_name);
  return identity;
}

std::string_view match_reason(const Identity& machine, const Identity& bmc, core::Ipv4Address bmc_address) {
  if (machine.bmc_address && *machine.bmc_address == bmc_address) return "in-band BMC address";
  if (machine.bmc_mac && bmc.bmc_mac == machine.bmc_mac) return "in-band BMC MAC";
  const auto same_uuid = [](const std::optional<core::Uuid>& a, const std::optional<core::Uuid>& b) {
    return a && b && (*a == *b || *a == b->swapped());
  };
  if (same_uuid(machine.smbios_uuid, bmc.bmc_guid) || same_uuid(machine.bmc_guid, bmc.bmc_guid)) {
    return "System GUID";
  }
  const auto same_serial = [](const std::string& a, const std::string& b) { return !a.empty() && a == b; };
  if (same_serial(machine.system_serial, bmc.bmc_product_serial) ||
      same_serial(machine.board_serial, bmc.bmc_board_serial) ||
      same_serial(machine.system_serial, bmc.bmc_board_serial)) {
    return "FRU serial";
  }
  return {};
}

}  // namespace colony::workflows
