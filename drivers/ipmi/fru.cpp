#include "drivers/ipmi/fru.hpp"

#include <array>
#include <numeric>
#include <span>

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::uint8_t end_of_fields = 0xc1;
constexpr std::size_t unit = 8;  // offsets and lengths count units of eight bytes
constexpr std::size_t max_fru = 4096;

bool sums_to_zero(core::ByteView bytes) {
  return (std::accumulate(bytes.begin(), bytes.end(), 0U) & 0xffU) == 0;
}

/// The area's fields after its fixed part of `fixed` bytes, in order, into `fields`. An area may end early:
/// the fields that are missing stay empty.
std::expected<void, IpmiError> take_fields(core::ByteView area, std::size_t fixed,
                                           std::span<std::string* const> fields) {
  const auto size = fru_area_size(area);
  if (!size) return std::unexpected(size.error());
  if (area.size() < *size) return std::unexpected(IpmiError::truncated);
  if (area.size() > *size) return std::unexpected(IpmiError::trailing_bytes);
  if (!sums_to_zero(area)) return std::unexpected(IpmiError::bad_fru);
  core::ByteReader in(area.first(area.size() - 1));
  if (!in.skip(fixed)) return std::unexpected(IpmiError::bad_fru);
  for (std::string* const field : fields) {
    const auto type_length = in.u8();
    if (!type_length) return std::unexpected(IpmiError::bad_fru);
    if (*type_length == end_of_fields) return {};
    const auto bytes = in.take(*type_length & 0x3f);
    if (!bytes) return std::unexpected(IpmiError::bad_fru);
    *field = fru_text(*type_length >> 6, *bytes);
  }
  return {};
}

void put_text(core::ByteWriter& out, std::string_view text) {
  const auto cut = text.substr(0, 63);
  // A length of one in 8-bit text would read as the end mark.
  const std::size_t length = cut.size() == 1 ? 2 : cut.size();
  out.u8(static_cast<std::uint8_t>(0xc0 | length));
  out.text(cut);
  out.fill(length - cut.size(), ' ');
}

core::Bytes encode_area(core::ByteView fixed, std::span<const std::string_view> fields) {
  core::ByteWriter out(max_fru);
  out.u8(format_version);
  out.u8(0);
  out.bytes(fixed);
  for (const auto field : fields) put_text(out, field);
  out.u8(end_of_fields);
  out.fill((unit - (out.size() + 1) % unit) % unit, 0);
  out.patch_u8(1, static_cast<std::uint8_t>((out.size() + 1) / unit));
  const core::ByteView all = out.view();
  out.u8(static_cast<std::uint8_t>(0U - std::accumulate(all.begin(), all.end(), 0U)));
  return std::move(out).finish();
}

}  // namespace

/// Section 13.1: binary as hex, BCD plus, 6-bit ASCII packed low bits first, 8-bit text.
std::string fru_text(unsigned encoding, core::ByteView bytes) {
  std::string text;
  switch (encoding) {
    case 0: text = core::hex(bytes); break;
    case 1: {
      static constexpr std::string_view digits = "0123456789 -.???";
      for (const auto byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 0x0f];
      }
      break;
    }
    case 2: {
      unsigned bits = 0;
      unsigned held = 0;
      for (const auto byte : bytes) {
        held |= static_cast<unsigned>(byte) << bits;
        bits += 8;
        for (; bits >= 6; bits -= 6, held >>= 6) text += static_cast<char>(' ' + (held & 0x3f));
      }
      break;
    }
    default:
      for (const auto byte : bytes) text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : ' ';
      break;
  }
  // Makers pad with spaces and NULs.
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::expected<FruHeader, IpmiError> decode_fru_header(core::ByteView bytes) {
  if (bytes.size() < FruHeader::size) return std::unexpected(IpmiError::truncated);
  if (bytes.size() > FruHeader::size) return std::unexpected(IpmiError::trailing_bytes);
  if ((bytes[0] & 0x0f) != format_version || !sums_to_zero(bytes)) return std::unexpected(IpmiError::bad_fru);
  FruHeader header;
  if (bytes[3] != 0) header.board = static_cast<std::uint16_t>(bytes[3] * unit);
  if (bytes[4] != 0) header.product = static_cast<std::uint16_t>(bytes[4] * unit);
  return header;
}

std::expected<std::size_t, IpmiError> fru_area_size(core::ByteView first_two) {
  if (first_two.size() < 2) return std::unexpected(IpmiError::truncated);
  if ((first_two[0] & 0x0f) != format_version || first_two[1] == 0)
    return std::unexpected(IpmiError::bad_fru);
  return first_two[1] * unit;
}

std::expected<FruBoard, IpmiError> decode_fru_board(core::ByteView area) {
  FruBoard board;
  const std::array fields{&board.manufacturer, &board.product, &board.serial, &board.part_number};
  // Version, length, language, three bytes of manufacturing date.
  const auto taken = take_fields(area, 6, fields);
  if (!taken) return std::unexpected(taken.error());
  return board;
}

std::expected<FruProduct, IpmiError> decode_fru_product(core::ByteView area) {
  FruProduct product;
  const std::array fields{&product.manufacturer, &product.name,   &product.part_number,
                          &product.version,      &product.serial, &product.asset_tag};
  // Version, length, language.
  const auto taken = take_fields(area, 3, fields);
  if (!taken) return std::unexpected(taken.error());
  return product;
}

core::Bytes encode_fru(const FruBoard& board, const FruProduct& product) {
  const core::Bytes board_fixed{25, 0, 0, 0};  // language English; no date
  const core::Bytes product_fixed{25};
  const std::array<std::string_view, 5> board_fields{board.manufacturer, board.product, board.serial,
                                                     board.part_number, ""};
  const std::array<std::string_view, 7> product_fields{product.manufacturer,
                                                       product.name,
                                                       product.part_number,
                                                       product.version,
                                                       product.serial,
                                                       product.asset_tag,
                                                       ""};
  const core::Bytes board_area = encode_area(board_fixed, board_fields);
  const core::Bytes product_area = encode_area(product_fixed, product_fields);
  core::Bytes header{format_version, 0, 0, 1, static_cast<core::Byte>(1 + board_area.size() / unit), 0, 0};
  header.push_back(static_cast<core::Byte>(0U - std::accumulate(header.begin(), header.end(), 0U)));
  core::Bytes all = header;
  all.insert(all.end(), board_area.begin(), board_area.end());
  all.insert(all.end(), product_area.begin(), product_area.end());
  return all;
}

}  // namespace colony::drivers::ipmi
