#pragma once
// YAML from outside is read through here only: a plain tree with line numbers, bounded in size, depth and
// number of nodes, never by exception. Anchors, aliases, tags and second documents are refused: they are the
// ways in which a small file becomes a large or a surprising one.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace colony::core {

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  struct Key {
    std::string text;
    unsigned line = 0;
  };

  Kind kind = Kind::null;
  unsigned line = 0;      // from 1
  bool quoted = false;    // a scalar in quotes: "null" or "17" meant as text
  std::string text;       // of a scalar
  std::vector<Key> keys;  // of a map, each once, parallel to items
  std::vector<YamlNode> items;

  /// The value of a map's key, or null pointer.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

std::string_view name(YamlNode::Kind kind);

struct YamlLimits {
  std::size_t bytes = 256UL * 1024;
  std::size_t depth = 16;
  std::size_t nodes = 20'000;
};

struct YamlFault {
  unsigned line = 0;  // from 1; 0 where no line is to blame
  std::string message;
  bool refused = false;  // it may be YAML, but of a kind or a size that is not read here
};

/// An empty document is a null node.
[[nodiscard]] std::expected<YamlNode, YamlFault> parse_yaml(std::string_view text,
                                                            const YamlLimits& limits = {});
/// A stream of at most `most` documents; the limits are for each. Lines are those of the whole text.
[[nodiscard]] std::expected<std::vector<YamlNode>, YamlFault> parse_yaml_documents(std::string_view text,
                                                                                   std::size_t most,
                                                                                   const YamlLimits& limits);

}  // namespace colony::core
