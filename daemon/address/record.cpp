#include "daemon/address/record.hpp"

#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace colony::daemon {

std::string encode_record(const AddressRecord& record) {
  return core::dump_json(core::Json{
      {"interface", record.interface}, {"address", record.address.to_string()}, {"boot_id", record.boot_id}});
}

std::optional<AddressRecord> decode_record(std::string_view text) {
  const auto json = core::parse_json(text, {.bytes = 1024, .depth = 1, .values = 16});
  if (!json) return std::nullopt;
  auto interface = core::json_text(*json, "interface", 15);
  const auto address_text = core::json_text(*json, "address", 18);
  auto boot_id = core::json_text(*json, "boot_id", 64);
  const auto address = address_text ? core::Ipv4Network::parse(*address_text) : std::nullopt;
  if (!interface || !address || !boot_id) return std::nullopt;
  return AddressRecord{std::move(*interface), *address, std::move(*boot_id)};
}

}  // namespace colony::daemon
