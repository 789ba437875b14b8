#pragma once
// FRU inventory: who made this board, and under which serial (IPMI FRU Information Storage Definition 1.0
// revision 1.3, sections 8, 11, 12, 13).

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "core/bytes.hpp"
#include "drivers/ipmi/error.hpp"

namespace colony::drivers::ipmi {

/// Where the areas start; absent areas are nullopt. Offsets in bytes.
struct FruHeader {
  static constexpr std::size_t size = 8;
  std::optional<std::uint16_t> board;
  std::optional<std::uint16_t> product;
};

struct FruBoard {
  std::string manufacturer;
  std::string product;
  std::string serial;
  std::string part_number;
};

struct FruProduct {
  std::string manufacturer;
  std::string name;
  std::string part_number;
  std::string version;
  std::string serial;
  std::string asset_tag;
};

[[nodiscard]] std::expected<FruHeader, IpmiError> decode_fru_header(core::ByteView bytes);
/// Bytes of the area whose first two bytes these are: a multiple of 8, never 0.
[[nodiscard]] std::expected<std::size_t, IpmiError> fru_area_size(core::ByteView first_two);
[[nodiscard]] std::expected<FruBoard, IpmiError> decode_fru_board(core::ByteView area);
[[nodiscard]] std::expected<FruProduct, IpmiError> decode_fru_product(core::ByteView area);

/// A field's text (section 13): `encoding` 0 binary, 1 BCD plus, 2 six-bit ASCII, 3 text. SDRs use it, too.
[[nodiscard]] std::string fru_text(unsigned encoding, core::ByteView bytes);

/// A whole inventory with these two areas (for the simulator). Fields over 63 characters are cut.
[[nodiscard]] core::Bytes encode_fru(const FruBoard& board, const FruProduct& product);

}  // namespace colony::drivers::ipmi
