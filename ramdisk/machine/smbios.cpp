#include "ramdisk/machine/smbios.hpp"

#include <algorithm>
#include <array>

#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

using core::ByteReader;
using core::ByteView;

namespace {

constexpr unsigned max_structures = 4096;

enum Type : std::uint8_t {
  bios = 0,
  system = 1,
  baseboard = 2,
  chassis = 3,
  memory_device = 17,
  end_of_table = 127
};

/// Section 6.1.2: the formatted part (header included), then the string set that it points into.
struct Structure {
  std::uint8_t type = 0;
  ByteView formatted;
  std::vector<std::string_view> strings;

  [[nodiscard]] std::uint8_t u8(std::size_t offset) const {
    return offset < formatted.size() ? formatted[offset] : std::uint8_t{0};
  }
  [[nodiscard]] std::uint64_t le(std::size_t offset, std::size_t count) const {
    if (offset + count > formatted.size()) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | formatted[offset + i];
    return value;
  }
  /// The string whose number stands at `offset`; fillers that vendors leave behind count as none.
  [[nodiscard]] std::string text(std::size_t offset) const {
    const std::uint8_t number = u8(offset);
    if (number == 0 || number > strings.size()) return {};
    auto text = clean(strings[number - 1]);
    static constexpr std::array<std::string_view, 8> fillers{
        "To be filled by O.E.M.", "To Be Filled By O.E.M.", "Default string", "Not Specified",
        "Not Applicable",         "System Serial Number",   "None",           "0123456789"};
    return std::ranges::find(fillers, text) == fillers.end() ? text : std::string();
  }
};

bool read_structure(ByteReader& reader, Structure& structure) {
  const auto type = reader.u8();
  const auto length = reader.u8();
  const auto handle = reader.u16le();
  if (!type || !length || !handle || *length < 4) return false;
  const auto body = reader.take(*length - 4U);
  if (!body) return false;
  structure.type = *type;
  structure.formatted = {body->data() - 4, *length};
  structure.strings.clear();
  // The set ends with an empty string; a structure without strings has two zero bytes.
  for (;;) {
    const auto text = reader.c_string(reader.remaining());
    if (!text) return false;
    if (text->empty()) break;
    structure.strings.push_back(*text);
  }
  if (structure.strings.empty() && !reader.skip(1)) return false;
  return true;
}

/// Section 7.2.1. From 2.6 on the first three fields are little-endian.
std::optional<core::Uuid> read_uuid(const Structure& structure, SmbiosVersion version) {
  if (structure.formatted.size() < 0x18) return std::nullopt;
  core::Uuid::Octets octets{};
  std::ranges::copy(structure.formatted.subspan(8, 16), octets.begin());
  const auto all = [&](std::uint8_t byte) {
    return std::ranges::all_of(octets, [byte](std::uint8_t octet) { return octet == byte; });
  };
  if (all(0x00) || all(0xff)) return std::nullopt;
  const core::Uuid uuid(octets);
  const bool swapped = version.major > 2 || (version.major == 2 && version.minor >= 6);
  return swapped ? uuid.swapped() : uuid;
}

/// Section 7.18: size in MiB, or KiB when bit 15 is set; 0x7fff means that the extended size counts.
std::uint64_t memory_size(const Structure& structure) {
  const auto size = structure.le(0x0c, 2);
  if (size == 0 || size == 0xffff) return 0;
  if (size == 0x7fff) return (structure.le(0x1c, 4) & 0x7fffffffU) << 20;
  return (size & 0x8000) != 0 ? (size & 0x7fff) << 10 : size << 20;
}

}  // namespace

SmbiosVersion decode_smbios_entry_point(ByteView bytes) {
  const auto text = core::as_text(bytes);
  if (text.starts_with("_SM3_") && bytes.size() > 8) return {bytes[7], bytes[8]};
  if (text.starts_with("_SM_") && bytes.size() > 7) return {bytes[6], bytes[7]};
  return {};
}

SmbiosTable decode_smbios(ByteView bytes, SmbiosVersion version) {
  SmbiosTable table;
  ByteReader reader(bytes);
  Structure structure;
  bool have_board = false;
  while (table.structures < max_structures && read_structure(reader, structure)) {
    ++table.structures;
    switch (structure.type) {
      case bios: table.names.bios_version = structure.text(0x05); break;
      case system:
        table.names.manufacturer = structure.text(0x04);
        table.names.product = structure.text(0x05);
        table.names.serial = structure.text(0x07);
        table.names.uuid = read_uuid(structure, version);
        break;
      case baseboard:
        // Servers with several boards list the main one first.
        if (!have_board) table.names.board_serial = structure.text(0x07);
        have_board = true;
        break;
      case chassis: table.names.chassis_serial = structure.text(0x07); break;
      case memory_device: table.memory_bytes += memory_size(structure); break;
      case end_of_table: return table;
      default: break;
    }
  }
  return table;
}

}  // namespace colony::ramdisk
