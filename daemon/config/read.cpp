// Text -> Config: the tree of core/yaml walked along fields.hpp, then the rules that span several keys.

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/bytes.hpp"
#include "core/yaml.hpp"
#include "daemon/config/config.hpp"
#include "daemon/config/fault_list.hpp"
#include "daemon/config/fields.hpp"
#include "daemon/config/nearest.hpp"
#include "daemon/config/text_form.hpp"

namespace colony::daemon {

namespace {

using core::YamlNode;

/// Reads one section. Remembers which keys it was asked for, so that what is left over is unknown.
class SectionReader {
 public:
  SectionReader(const YamlNode& node, std::string path, FaultList& faults)
      : node_(node), path_(std::move(path)), faults_(faults) {}

  template <class T>
  void value(std::string_view key, T& out, TakesUp /*takes_up*/) {
    if (const YamlNode* node = take(key)) decode(*node, path_of(key), out);
  }

  template <class Number>
  void number(std::string_view key, Number& out, std::type_identity_t<Number> min,
              std::type_identity_t<Number> max, TakesUp /*takes_up*/) {
    const YamlNode* node = take(key);
    if (node == nullptr) return;
    Number parsed{};
    const char* const begin = node->text.data();
    const char* const end = begin + node->text.size();
    const auto [next, error] = std::from_chars(begin, end, parsed);
    if (node->kind != YamlNode::Kind::scalar || error != std::errc{} || next != end || parsed < min ||
        parsed > max) {
      refuse(*node, path_of(key), "number", fmt::format("{} to {}", min, max));
      return;
    }
    out = parsed;
  }

  void duration(std::string_view key, core::Duration& out, core::Duration min, core::Duration max,
                TakesUp /*takes_up*/) {
    const YamlNode* node = take(key);
    if (node == nullptr) return;
    const auto parsed =
        node->kind == YamlNode::Kind::scalar ? core::parse_duration(node->text) : std::nullopt;
    if (!parsed || *parsed < min || *parsed > max) {
      refuse(*node, path_of(key), "duration",
             fmt::format("{} to {}, with a unit: ms, s, m, h or d", duration_text(min), duration_text(max)));
      return;
    }
    out = *parsed;
  }

  template <class T>
  void list(std::string_view key, std::vector<T>& out, std::size_t limit, TakesUp /*takes_up*/) {
    const YamlNode* node = take(key);
    if (node == nullptr || !is_list(*node, path_of(key), limit)) return;
    out.clear();
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      T item{};
      decode(node->items[i], fmt::format("{}[{}]", path_of(key), i), item);
      out.push_back(std::move(item));
    }
  }

  template <class Row>
  void rows(std::string_view key, std::vector<Row>& out, std::size_t limit, TakesUp /*takes_up*/) {
    const YamlNode* node = take(key);
    if (node == nullptr || !is_list(*node, path_of(key), limit)) return;
    out.clear();
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      read_section(node->items[i], fmt::format("{}[{}]", path_of(key), i), out.emplace_back(), faults_);
    }
  }

  template <class Section>
  void section(std::string_view key, Section& out) {
    if (const YamlNode* node = take(key)) read_section(*node, path_of(key), out, faults_);
  }

  /// Call when every known key was asked for.
  void refuse_the_rest() {
    for (const auto& key : node_.keys) {
      if (std::ranges::find(known_, key.text) != known_.end()) continue;
      const std::string shown = core::printable(key.text, 40);
      faults_.add(key.line, path_of(shown),
                  fmt::format("unknown key; did you mean '{}'?", nearest(key.text, known_)),
                  fmt::format("{}", fmt::join(known_, ", ")));
    }
  }

  template <class Section>
  static void read_section(const YamlNode& node, const std::string& path, Section& out, FaultList& faults) {
    faults.saw(path, node.line);
    if (node.kind == YamlNode::Kind::null) return;  // "section:" with nothing under it: all defaults
    if (node.kind != YamlNode::Kind::map) {
      faults.add(node.line, path, fmt::format("{} where a section belongs", name(node.kind)),
                 "keys under it, or { key: value, ... }");
      return;
    }
    SectionReader reader(node, path, faults);
    fields(reader, out);
    reader.refuse_the_rest();
  }

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  }

  const YamlNode* take(std::string_view key) {
    known_.push_back(key);
    const YamlNode* node = node_.find(key);
    if (node != nullptr) faults_.saw(path_of(key), node->line);
    return node;
  }

  bool is_list(const YamlNode& node, const std::string& path, std::size_t limit) {
    if (node.kind != YamlNode::Kind::sequence) {
      refuse(node, path, "list", "[ ... ]");
      return false;
    }
    if (node.items.size() <= limit) return true;
    faults_.add(node.line, path, fmt::format("{} entries", node.items.size()),
                fmt::format("at most {}", limit));
    return false;
  }

  template <class T>
  void decode(const YamlNode& node, const std::string& path, T& out) {
    // "key:" with nothing behind it is the empty text, where that is accepted.
    const bool has_text = node.kind == YamlNode::Kind::scalar || node.kind == YamlNode::Kind::null;
    auto parsed = has_text ? from_text<T>(node.text) : std::nullopt;
    if (!parsed) {
      refuse(node, path, "value", what_is_accepted<T>());
      return;
    }
    out = std::move(*parsed);
  }

  void refuse(const YamlNode& node, const std::string& path, std::string_view wanted,
              std::string_view accepted) {
    std::string what;
    if (node.kind == YamlNode::Kind::scalar) {
      what = node.text.empty() ? "is empty"
                               : fmt::format("'{}' is not accepted here", core::printable(node.text, 60));
    } else {
      what = fmt::format("{} where a {} belongs", name(node.kind), wanted);
    }
    faults_.add(node.line, path, std::move(what), std::string(accepted));
  }

  const YamlNode& node_;
  std::string path_;
  FaultList& faults_;
  std::vector<std::string_view> known_;
};

}  // namespace

std::expected<Config, ConfigFaults> parse_config(std::string_view text, std::string_view file) {
  FaultList faults{std::string(file)};
  const auto tree = core::parse_yaml(text, {.bytes = 256UL * 1024, .depth = 8, .nodes = 20'000});
  if (!tree) {
    faults.add(tree.error().line, "", tree.error().message, "YAML as in docs/configuration.md");
    return std::unexpected(std::move(faults).take());
  }
  Config config;
  SectionReader::read_section(*tree, "", config, faults);
  const bool readable = tree->kind == YamlNode::Kind::map || tree->kind == YamlNode::Kind::null;
  if (readable) validate(config, faults);
  if (!faults.empty()) return std::unexpected(std::move(faults).take());
  return config;
}

}  // namespace colony::daemon
