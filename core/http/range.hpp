#pragma once
// Range: bytes=... with a single range (RFC 9110 section 14). More than one range, another unit or bad syntax
// is ignored, as the RFC allows: the whole body is sent.

#include <cstdint>
#include <string_view>
#include <variant>

namespace colony::core::http {

struct WholeBody {};
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;  // at least 1, first + length <= size
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};
struct UnsatisfiableRange {};
using RangeDecision = std::variant<WholeBody, ByteRange, UnsatisfiableRange>;

[[nodiscard]] RangeDecision decide_range(std::string_view header_value, std::uint64_t size);

}  // namespace colony::core::http
