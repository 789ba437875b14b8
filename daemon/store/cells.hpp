#pragma once
// A database row as plain values, between SQLite and our typed rows: codecs (rows.hpp) are pure functions on
// cells, so they are tested and fuzzed without a database.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"

namespace colony::daemon::store {

using Cell = std::variant<std::monostate, std::int64_t, std::string, core::Bytes>;
using Cells = std::vector<Cell>;

[[nodiscard]] inline Cell cell(core::UtcTime time) {
  return time.time_since_epoch().count();
}
/// Ordinals count from 0 or 1 by one: they never reach the sign bit.
[[nodiscard]] inline Cell cell(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

/// Reads a row from left to right. After the first cell of a wrong type or value ok() stays false and every
/// read returns an empty value, so that a decoder reads the whole row and checks once.
class CellReader {
 public:
  explicit CellReader(const Cells& cells) : cells_(cells) {}

  [[nodiscard]] std::string text();
  [[nodiscard]] std::int64_t integer();
  [[nodiscard]] std::uint64_t ordinal();  // an integer that is not negative
  [[nodiscard]] bool flag();              // 0 or 1
  [[nodiscard]] core::UtcTime time();
  [[nodiscard]] core::Bytes blob();
  [[nodiscard]] bool next_is_null() const { return at_ < cells_.size() && cells_[at_].index() == 0; }
  void skip() { ++at_; }

  /// Text that `parse` must accept.
  template <class T>
  [[nodiscard]] T parsed(std::optional<T> (*parse)(std::string_view)) {
    const auto value = parse(text());
    if (!value) ok_ = false;
    return value.value_or(T{});
  }
  /// The same, where NULL stands for none.
  template <class T>
  [[nodiscard]] std::optional<T> optional_parsed(std::optional<T> (*parse)(std::string_view)) {
    if (next_is_null()) {
      skip();
      return std::nullopt;
    }
    return parsed(parse);
  }

  void reject() { ok_ = false; }
  /// Every cell was read, and none was wrong.
  [[nodiscard]] bool complete() const { return ok_ && at_ == cells_.size(); }

 private:
  template <class T>
  [[nodiscard]] T take();

  const Cells& cells_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace colony::daemon::store
