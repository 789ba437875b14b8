#pragma once
// A rule says by attributes which part of a machine an order means: TERM{,TERM}. What a disk's or a NIC's
// terms are, disk_choice.hpp and nic_choice.hpp say.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace colony::workflows {

inline constexpr std::size_t max_rule = 256;  // bytes

enum class Relation : std::uint8_t { none, equal, at_least, at_most };

/// "size>=1TB" is {size, at_least, 1TB}; a word alone, such as "smallest", has no relation.
struct Term {
  std::string_view key;
  Relation relation = Relation::none;
  std::string_view value = {};
};

/// Positions in the list that a rule chooses from.
using Positions = std::vector<std::size_t>;

/// What a rule chooses from.
struct Choice {
  std::string_view noun;   // "disk", "NIC": in the codes and messages of refusals
  std::string_view terms;  // that there are, for the refusal of another one
  std::span<const std::string_view>
      extremes;                         // words for one of those that the other terms leave: "smallest"
  std::vector<std::string> candidates;  // each as a person knows it
  /// Takes away what a term does not want; false when it is no term of these parts.
  std::function<bool(const Term& term, Positions& left)> narrow;
};

/// The position of the one candidate that the rule leaves. Errors, with PURPOSE and NOUN filled in:
/// PURPOSE.NOUN_rule (a term that is none), PURPOSE.unknown_NOUN (none is left), PURPOSE.NOUN_ambiguous
/// (several are). They name the candidates.
[[nodiscard]] core::Result<std::size_t> choose_by_rule(const Choice& choice, std::string_view rule,
                                                       std::string_view purpose);

/// An error of code PURPOSE.CODE.
[[nodiscard]] std::unexpected<core::Error> refuse(core::ErrorKind kind, std::string_view purpose,
                                                  std::string_view code, std::string message);

/// Whether a text has the form of a rule, and so is no name.
[[nodiscard]] bool is_rule(std::string_view wanted, std::span<const std::string_view> extremes);

/// "A; B; and 3 more", "none".
[[nodiscard]] std::string list_of(std::span<const std::string> candidates);

/// ASCII only.
[[nodiscard]] char lower(char c);

/// '*' and '?'; upper and lower case are one.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view text);
[[nodiscard]] std::optional<bool> parse_yes(std::string_view text);
[[nodiscard]] bool holds(Relation relation, std::uint64_t value, std::uint64_t bound);

}  // namespace colony::workflows
