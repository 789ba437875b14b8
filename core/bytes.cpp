#include "core/bytes.hpp"

#include <cassert>

#include <fmt/format.h>

namespace colony::core {

std::optional<ByteView> ByteReader::take(std::size_t count) {
  if (!ok_ || count > bytes_.size() - offset_) {
    ok_ = false;
    return std::nullopt;
  }
  const ByteView view = bytes_.subspan(offset_, count);
  offset_ += count;
  return view;
}

std::optional<std::uint8_t> ByteReader::u8() {
  const auto view = take(1);
  if (!view) return std::nullopt;
  return (*view)[0];
}

std::optional<std::uint16_t> ByteReader::u16be() {
  const auto view = take(2);
  if (!view) return std::nullopt;
  return static_cast<std::uint16_t>((*view)[0] << 8 | (*view)[1]);
}

std::optional<std::uint32_t> ByteReader::u32be() {
  const auto view = take(4);
  if (!view) return std::nullopt;
  return static_cast<std::uint32_t>((*view)[0]) << 24 | static_cast<std::uint32_t>((*view)[1]) << 16 |
         static_cast<std::uint32_t>((*view)[2]) << 8 | (*view)[3];
}

std::optional<std::uint16_t> ByteReader::u16le() {
  const auto view = take(2);
  if (!view) return std::nullopt;
  return static_cast<std::uint16_t>((*view)[1] << 8 | (*view)[0]);
}

std::optional<std::uint32_t> ByteReader::u32le() {
  const auto view = take(4);
  if (!view) return std::nullopt;
  return static_cast<std::uint32_t>((*view)[3]) << 24 | static_cast<std::uint32_t>((*view)[2]) << 16 |
         static_cast<std::uint32_t>((*view)[1]) << 8 | (*view)[0];
}

ByteView ByteReader::rest() {
  if (!ok_) return {};
  const ByteView view = bytes_.subspan(offset_);
  offset_ = bytes_.size();
  return view;
}

std::optional<std::string_view> ByteReader::c_string(std::size_t limit) {
  if (!ok_) return std::nullopt;
  for (std::size_t length = 0; length < limit && offset_ + length < bytes_.size(); ++length) {
    if (bytes_[offset_ + length] != 0) continue;
    const auto text = as_text(bytes_.subspan(offset_, length));
    offset_ += length + 1;
    return text;
  }
  ok_ = false;
  return std::nullopt;
}

bool ByteReader::skip(std::size_t count) {
  return take(count).has_value();
}

bool ByteWriter::fits(std::size_t count) {
  if (!ok_ || count > limit_ - out_.size()) {
    ok_ = false;
    return false;
  }
  return true;
}

void ByteWriter::u8(std::uint8_t value) {
  if (fits(1)) out_.push_back(value);
}

void ByteWriter::u16be(std::uint16_t value) {
  if (!fits(2)) return;
  out_.push_back(static_cast<Byte>(value >> 8));
  out_.push_back(static_cast<Byte>(value & 0xff));
}

void ByteWriter::u32be(std::uint32_t value) {
  if (!fits(4)) return;
  for (int shift = 24; shift >= 0; shift -= 8) out_.push_back(static_cast<Byte>(value >> shift & 0xff));
}

void ByteWriter::u16le(std::uint16_t value) {
  if (!fits(2)) return;
  out_.push_back(static_cast<Byte>(value & 0xff));
  out_.push_back(static_cast<Byte>(value >> 8));
}

void ByteWriter::u32le(std::uint32_t value) {
  if (!fits(4)) return;
  for (int shift = 0; shift <= 24; shift += 8) out_.push_back(static_cast<Byte>(value >> shift & 0xff));
}

void ByteWriter::bytes(ByteView view) {
  if (fits(view.size())) out_.insert(out_.end(), view.begin(), view.end());
}

void ByteWriter::fill(std::size_t count, Byte value) {
  if (fits(count)) out_.insert(out_.end(), count, value);
}

void ByteWriter::patch_u8(std::size_t position, std::uint8_t value) {
  assert(position < out_.size());
  out_[position] = value;
}

std::string hex(ByteView bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const Byte byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 0x0f]);
  }
  return text;
}

namespace {

std::optional<Byte> nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<Byte>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<Byte>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<Byte>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<Bytes> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = nibble(text[i]);
    const auto low = nibble(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<Byte>(*high << 4 | *low));
  }
  return bytes;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : text) {
    if (out.size() >= limit) return out + "...";
    const auto byte = static_cast<Byte>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace colony::core
