#include "core/http/range.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/http/text.hpp"

namespace colony::core::http {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  if (!is_digits(text)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RangeDecision decide_range(std::string_view text, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (text.size() < unit.size() || !equal_ignoring_case(text.substr(0, unit.size()), unit))
    return WholeBody{};
  text.remove_prefix(unit.size());
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return WholeBody{};
  const std::string_view left = text.substr(0, dash);
  const std::string_view right = text.substr(dash + 1);

  if (left.empty()) {  // "-N": the last N bytes
    const auto suffix = number(right);
    if (!suffix) return WholeBody{};
    if (*suffix == 0 || size == 0) return UnsatisfiableRange{};
    const std::uint64_t length = std::min(*suffix, size);
    return ByteRange{size - length, length};
  }
  const auto first = number(left);
  if (!first) return WholeBody{};
  std::optional<std::uint64_t> last;
  if (!right.empty()) {
    last = number(right);
    if (!last || *last < *first) return WholeBody{};
  }
  if (*first >= size) return UnsatisfiableRange{};
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return ByteRange{*first, end - *first + 1};
}

}  // namespace colony::core::http
