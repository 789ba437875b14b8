#pragma once
// "Did you mean": the known word nearest to a mistyped one.

#include <cstddef>
#include <span>
#include <string_view>

namespace colony::daemon {

/// Insertions, deletions and replacements between them (Levenshtein). Only the first 64 characters count.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Fewest insertions, deletions and replacements (Levenshtein); the first of equals; "" of none. Only the
/// first 64 characters count.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace colony::daemon
