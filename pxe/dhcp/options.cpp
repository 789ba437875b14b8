#include "pxe/dhcp/options.hpp"

#include <algorithm>
#include <array>

namespace colony::pxe::dhcp {

std::optional<core::ByteView> Options::find(OptionCode code) const {
  const auto found = std::ranges::find(options_, code, &Option::code);
  if (found == options_.end()) return std::nullopt;
  return core::ByteView(found->value);
}

std::optional<std::uint8_t> Options::find_u8(OptionCode code) const {
  const auto value = find(code);
  if (!value || value->size() != 1) return std::nullopt;
  return value->front();
}

std::optional<std::uint16_t> Options::find_u16(OptionCode code) const {
  const auto value = find(code);
  if (!value || value->size() != 2) return std::nullopt;
  return core::ByteReader(*value).u16be();
}

std::optional<core::Ipv4Address> Options::find_address(OptionCode code) const {
  const auto value = find(code);
  if (!value || value->size() != 4) return std::nullopt;
  const auto number = core::ByteReader(*value).u32be();
  if (!number) return std::nullopt;
  return core::Ipv4Address(*number);
}

std::optional<std::string_view> Options::find_text(OptionCode code) const {
  const auto value = find(code);
  if (!value) return std::nullopt;
  std::string_view text = core::as_text(*value);
  while (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

void Options::add(OptionCode code, core::ByteView value) {
  const auto found = std::ranges::find(options_, code, &Option::code);
  if (found == options_.end()) {
    options_.push_back(Option{code, core::Bytes(value.begin(), value.end())});
  } else {
    found->value.insert(found->value.end(), value.begin(), value.end());
  }
}

void Options::add_u8(OptionCode code, std::uint8_t value) {
  add(code, core::ByteView(&value, 1));
}

void Options::add_address(OptionCode code, core::Ipv4Address address) {
  add_u32(code, address.value());
}

void Options::add_u32(OptionCode code, std::uint32_t value) {
  const std::array<core::Byte, 4> octets{
      static_cast<core::Byte>(value >> 24), static_cast<core::Byte>(value >> 16 & 0xff),
      static_cast<core::Byte>(value >> 8 & 0xff), static_cast<core::Byte>(value & 0xff)};
  add(code, octets);
}

void Options::remove(OptionCode code) {
  std::erase_if(options_, [code](const Option& option) { return option.code == code; });
}

std::expected<void, OptionsError> decode_options(core::ByteView field, Options& options) {
  core::ByteReader in(field);
  while (!in.at_end()) {
    const auto code = static_cast<OptionCode>(in.u8().value_or(0));
    if (code == OptionCode::pad) continue;
    if (code == OptionCode::end) return {};
    const auto length = in.u8();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value) return std::unexpected(OptionsError::truncated);
    options.add(code, *value);
  }
  return {};
}

void encode_options(const Options& options, core::ByteWriter& out) {
  constexpr std::size_t piece_limit = 255;
  for (const auto& option : options.all()) {
    core::ByteView left(option.value);
    do {
      const core::ByteView piece = left.first(std::min(left.size(), piece_limit));
      out.u8(static_cast<std::uint8_t>(option.code));
      out.u8(static_cast<std::uint8_t>(piece.size()));
      out.bytes(piece);
      left = left.subspan(piece.size());
    } while (!left.empty());
  }
  out.u8(static_cast<std::uint8_t>(OptionCode::end));
}

}  // namespace colony::pxe::dhcp
