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
  tpm_device = 43,
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

/// Section 7.18.2, table 77: the names that servers of today can have.
std::string memory_type(std::uint8_t type) {
  switch (type) {
    case 0x13: return "DDR2";
    case 0x18: return "DDR3";
    case 0x1a: return "DDR4";
    case 0x1e: return "LPDDR4";
    case 0x1f: return "NVDIMM";  // logical non-volatile device
    case 0x20: return "HBM";
    case 0x21: return "HBM2";
    case 0x22: return "DDR5";
    case 0x23: return "LPDDR5";
    case 0x24: return "HBM3";
    case 0x07: return "RAM";  // what virtual machines say
    default: return {};
  }
}

/// Section 7.18: the configured speed where it is told, else what the module could do; 0xffff = see the
/// extended field.
unsigned memory_speed(const Structure& structure) {
  const auto of = [&structure](std::size_t offset, std::size_t extended) -> unsigned {
    const auto speed = structure.le(offset, 2);
    return static_cast<unsigned>(speed == 0xffff ? structure.le(extended, 4) & 0x7fffffffU : speed);
  };
  const unsigned configured = of(0x20, 0x58);
  const unsigned speed = configured != 0 ? configured : of(0x15, 0x54);
  return speed <= 1'000'000 ? speed : 0;
}

drivers::scout::Dimm read_dimm(const Structure& structure) {
  drivers::scout::Dimm dimm;
  dimm.locator = structure.text(0x10);
  dimm.size_bytes = memory_size(structure);
  dimm.speed_mts = memory_speed(structure);
  dimm.type = memory_type(structure.u8(0x12));
  dimm.manufacturer = structure.text(0x17);
  dimm.serial = structure.text(0x18);
  dimm.part = structure.text(0x1a);
  return dimm;
}

/// Section 7.44.
std::optional<drivers::scout::Tpm> read_tpm(const Structure& structure) {
  if (structure.formatted.size() < 0x13) return std::nullopt;
  drivers::scout::Tpm tpm;
  std::string vendor;
  for (std::size_t i = 0; i < 4 && structure.u8(4 + i) != 0; ++i) {
    vendor.push_back(static_cast<char>(structure.u8(4 + i)));
  }
  tpm.manufacturer = clean(vendor);
  if (structure.u8(8) == 2) tpm.version = "2.0";
  if (structure.u8(8) == 1) tpm.version = "1.2";
  return tpm;
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
      case bios:
        table.names.bios_vendor = structure.text(0x04);
        table.names.bios_version = structure.text(0x05);
        table.names.bios_date = structure.text(0x08);
        break;
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
      case memory_device:
        table.memory_bytes += memory_size(structure);
        if (memory_size(structure) > 0 && table.dimms.size() < drivers::scout::max_dimms) {
          table.dimms.push_back(read_dimm(structure));
        }
        break;
      case tpm_device: table.tpm = read_tpm(structure); break;
      case end_of_table: return table;
      default: break;
    }
  }
  return table;
}

}  // namespace colony::ramdisk
