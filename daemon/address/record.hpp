#pragma once
// What we put on an interface is written down before it is put there, so that a crash between the two leaves
// at worst a record of nothing, never an address that nobody gives back.

#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"

namespace colony::daemon {

struct AddressRecord {
  std::string interface;
  core::Ipv4Network address;
  std::string boot_id;  // after a reboot the address is gone, and one that looks like it is somebody else's
  friend bool operator==(const AddressRecord&, const AddressRecord&) = default;
};

/// The setting's value in the journal: a small JSON object.
[[nodiscard]] std::string encode_record(const AddressRecord& record);
/// nullopt for anything else than encode_record wrote.
[[nodiscard]] std::optional<AddressRecord> decode_record(std::string_view text);

}  // namespace colony::daemon
