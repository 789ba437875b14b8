#include "daemon/config/leaves.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/config/text_form.hpp"

namespace colony::daemon {

namespace {

/// YAML reads many bare words as something else (null, ~, -, numbers with meaning to others): quote whatever
/// is not plainly a word, an address or a path. Our values hold no control bytes (values.cpp).
std::string scalar(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./:%-+").find(c) != std::string_view::npos;
  };
  const bool safe_start =
      !text.empty() && std::string_view(":-%+.").find(text.front()) == std::string_view::npos;
  const bool reserved = text == "null" || text == "Null" || text == "NULL";
  if (safe_start && !reserved && !text.ends_with(':') && std::ranges::all_of(text, plain)) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// Lists the leaves of a section tree in file order. Equal shapes for any two configurations.
class Flattener {
 public:
  explicit Flattener(std::string section = "") : section_(std::move(section)) {}
  [[nodiscard]] const std::vector<Leaf>& leaves() const { return leaves_; }

  template <class T>
  void value(std::string_view key, const T& value, TakesUp takes_up) {
    add(key, scalar(to_text(value)), takes_up);
  }
  template <class Number>
  void number(std::string_view key, const Number& value, std::type_identity_t<Number> /*min*/,
              std::type_identity_t<Number> /*max*/, TakesUp takes_up) {
    add(key, fmt::to_string(value), takes_up);
  }
  void duration(std::string_view key, core::Duration value, core::Duration /*min*/, core::Duration /*max*/,
                TakesUp takes_up) {
    add(key, duration_text(value), takes_up);
  }
  template <class T>
  void list(std::string_view key, const std::vector<T>& values, std::size_t /*limit*/, TakesUp takes_up) {
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const T& value : values) texts.push_back(scalar(to_text(value)));
    add(key, fmt::format("[{}]", fmt::join(texts, ", ")), takes_up);
  }
  template <class Row>
  void rows(std::string_view key, const std::vector<Row>& rows, std::size_t /*limit*/, TakesUp takes_up) {
    std::vector<std::string> texts;
    texts.reserve(rows.size());
    for (const Row& row : rows) {
      Flattener inner;
      fields(inner, row);
      std::vector<std::string> pairs;
      for (const Leaf& leaf : inner.leaves()) pairs.push_back(fmt::format("{}: {}", leaf.key, leaf.text));
      texts.push_back(fmt::format("{{ {} }}", fmt::join(pairs, ", ")));
    }
    add(key, fmt::format("[{}]", fmt::join(texts, ", ")), takes_up);
  }
  template <class Section>
  void section(std::string_view key, const Section& inner) {
    Flattener flattener(section_.empty() ? std::string(key) : fmt::format("{}.{}", section_, key));
    fields(flattener, inner);
    leaves_.insert(leaves_.end(), flattener.leaves().begin(), flattener.leaves().end());
  }

 private:
  void add(std::string_view key, std::string text, TakesUp takes_up) {
    leaves_.push_back({section_, std::string(key), std::move(text), takes_up});
  }

  std::string section_;
  std::vector<Leaf> leaves_;
};

}  // namespace

std::string duration_text(core::Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds % 1000 != 0) return fmt::format("{}ms", milliseconds);
  const auto seconds = milliseconds / 1000;
  if (seconds == 0 || seconds % 60 != 0) return fmt::format("{}s", seconds);
  if (seconds % 3600 != 0) return fmt::format("{}m", seconds / 60);
  if (seconds % 86400 != 0) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

std::vector<Leaf> flatten(const Config& config) {
  Flattener flattener;
  fields(flattener, config);
  return flattener.leaves();
}

}  // namespace colony::daemon
