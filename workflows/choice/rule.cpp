#include "workflows/choice/rule.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/bytes.hpp"

namespace colony::workflows {

using core::ErrorKind;

namespace {

constexpr std::size_t max_named = 8;  // candidates in a refusal

/// nullopt: of no term's form.
std::optional<Term> parse_term(std::string_view text) {
  const auto sign = text.find_first_of("=<>");
  if (sign == std::string_view::npos) return Term{.key = text};
  const bool bound = text[sign] != '=';
  if (bound && (sign + 1 >= text.size() || text[sign + 1] != '=')) return std::nullopt;
  Term term{.key = text.substr(0, sign), .value = text.substr(sign + (bound ? 2 : 1))};
  term.relation = !bound ? Relation::equal : text[sign] == '<' ? Relation::at_most : Relation::at_least;
  return term.value.empty() ? std::nullopt : std::optional(term);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view rule) {
  std::vector<std::string_view> terms;
  for (std::size_t start = 0; start <= rule.size();) {
    const auto end = std::min(rule.find(',', start), rule.size());
    terms.push_back(trimmed(rule.substr(start, end - start)));
    start = end + 1;
  }
  return terms;
}

std::vector<std::string> at(const std::vector<std::string>& texts, const Positions& positions) {
  std::vector<std::string> out;
  out.reserve(positions.size());
  for (const auto position : positions) out.push_back(texts[position]);
  return out;
}

}  // namespace

core::Result<std::size_t> choose_by_rule(const Choice& choice, std::string_view rule,
                                         std::string_view purpose) {
  std::string noun(choice.noun);
  std::ranges::transform(noun, noun.begin(), lower);
  auto terms = split(rule);
  const auto is_extreme = [&choice](std::string_view term) {
    return std::ranges::find(choice.extremes, term) != choice.extremes.end();
  };
  // "smallest" is of those that the other terms leave, wherever it stands.
  std::ranges::partition(terms, [&](std::string_view term) { return !is_extreme(term); });
  if (std::ranges::count_if(terms, is_extreme) > 1) {
    return refuse(ErrorKind::invalid_input, purpose, noun + "_rule",
                  fmt::format("a rule has one of {}", fmt::join(choice.extremes, " and ")));
  }
  Positions left(choice.candidates.size());
  std::iota(left.begin(), left.end(), 0);
  for (const auto text : terms) {
    const auto term = parse_term(text);
    if (!term || !choice.narrow(*term, left)) {
      return refuse(ErrorKind::invalid_input, purpose, noun + "_rule",
                    fmt::format("'{}' is no term of a {} rule; known are {}", core::printable(text),
                                choice.noun, choice.terms));
    }
  }
  if (left.empty()) {
    return refuse(ErrorKind::not_found, purpose, "unknown_" + noun,
                  fmt::format("no {} fits the rule '{}'; there are: {}", choice.noun, core::printable(rule),
                              list_of(choice.candidates)));
  }
  if (left.size() > 1) {
    return refuse(ErrorKind::refused, purpose, noun + "_ambiguous",
                  fmt::format("{} {}s fit the rule '{}': {}", left.size(), choice.noun, core::printable(rule),
                              list_of(at(choice.candidates, left))));
  }
  return left.front();
}

std::unexpected<core::Error> refuse(ErrorKind kind, std::string_view purpose, std::string_view code,
                                    std::string message) {
  return core::fail(kind, fmt::format("{}.{}", purpose, code), std::move(message));
}

bool is_rule(std::string_view wanted, std::span<const std::string_view> extremes) {
  return wanted.size() <= max_rule && (wanted.find_first_of("=<>,") != std::string_view::npos ||
                                       std::ranges::find(extremes, wanted) != extremes.end());
}

std::string list_of(std::span<const std::string> candidates) {
  if (candidates.empty()) return "none";
  auto out = fmt::format("{}", fmt::join(candidates.first(std::min(candidates.size(), max_named)), "; "));
  if (candidates.size() > max_named) out += fmt::format("; and {} more", candidates.size() - max_named);
  return out;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// Never goes back further than the last star: linear for patterns of one star.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<bool> parse_yes(std::string_view text) {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  return std::nullopt;
}

bool holds(Relation relation, std::uint64_t value, std::uint64_t bound) {
  switch (relation) {
    case Relation::equal: return value == bound;
    case Relation::at_least: return value >= bound;
    case Relation::at_most: return value <= bound;
    case Relation::none: return false;
  }
  return false;
}

}  // namespace colony::workflows
