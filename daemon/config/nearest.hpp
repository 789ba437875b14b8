#pragma once
// "Did you mean": the known word nearest to a mistyped one.

#include <span>
#include <string_view>

namespace colony::daemon {

/// Fewest insertions, deletions and replacements (Levenshtein); the first of equals; "" of none. Only the
/// first 64 characters count.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace colony::daemon
