#pragma once
// The only way bytes from outside are read and bytes for outside are written. Both are bounded: a reader
// never runs past its span and stays failed after the first short read; a writer never grows past its limit.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace colony::core {

using Byte = std::uint8_t;
using ByteView = std::span<const Byte>;
using Bytes = std::vector<Byte>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads forward through a view. After any read that did not fit, every read returns nullopt and ok() is
/// false, so a decoder may read a whole header and check once.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return ok_ ? bytes_.size() - offset_ : 0; }
  [[nodiscard]] bool at_end() const { return ok_ && offset_ == bytes_.size(); }

  [[nodiscard]] std::optional<std::uint8_t> u8();
  [[nodiscard]] std::optional<std::uint16_t> u16be();
  [[nodiscard]] std::optional<std::uint32_t> u32be();
  [[nodiscard]] std::optional<std::uint16_t> u16le();
  [[nodiscard]] std::optional<std::uint32_t> u32le();
  [[nodiscard]] std::optional<ByteView> take(std::size_t count);
  /// Everything that is left; empty when failed.
  [[nodiscard]] ByteView rest();
  /// Text up to (and consuming) a NUL that must come within `limit` bytes.
  [[nodiscard]] std::optional<std::string_view> c_string(std::size_t limit);
  /// False when fewer than `count` bytes are left.
  [[nodiscard]] bool skip(std::size_t count);

 private:
  ByteView bytes_;
  std::size_t offset_ = 0;
  bool ok_ = true;
};

/// Appends to a buffer with a hard limit. A write that would pass it is dropped whole and ok() becomes false.
class ByteWriter {
 public:
  explicit ByteWriter(std::size_t limit) : limit_(limit) {}

  void u8(std::uint8_t value);
  void u16be(std::uint16_t value);
  void u32be(std::uint32_t value);
  void u16le(std::uint16_t value);
  void u32le(std::uint32_t value);
  void bytes(ByteView view);
  void text(std::string_view view) { bytes(as_bytes(view)); }
  void fill(std::size_t count, Byte value);

  /// Overwrites one byte already written (checksums, lengths). The position must have been written.
  void patch_u8(std::size_t position, std::uint8_t value);

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] ByteView view() const { return out_; }
  [[nodiscard]] Bytes finish() && { return std::move(out_); }

 private:
  [[nodiscard]] bool fits(std::size_t count);

  std::size_t limit_;
  Bytes out_;
  bool ok_ = true;
};

[[nodiscard]] std::string hex(ByteView bytes);
/// Lower or upper case, even length, nothing else.
[[nodiscard]] std::optional<Bytes> parse_hex(std::string_view text);

/// Printable form of bytes from outside for logs and errors: control bytes, quotes and non-ASCII escaped, cut
/// at `limit` characters.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

}  // namespace colony::core
