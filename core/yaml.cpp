#include "core/yaml.hpp"

#include <algorithm>
#include <istream>
#include <stdexcept>
#include <streambuf>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/bytes.hpp"

namespace colony::core {

namespace {

unsigned line_of(const YAML::Mark& mark) {
  return mark.line < 0 ? 0 : static_cast<unsigned>(mark.line) + 1;
}

/// Leaves yaml-cpp's parser from inside an event; never leaves this file.
struct Refusal : std::runtime_error {
  Refusal(const YAML::Mark& mark, const std::string& message)
      : std::runtime_error(message), line(line_of(mark)) {}
  unsigned line;
};

/// Builds the tree from the parser's events, refusing at the first node beyond a limit.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const YamlLimits& limits) : limits_(limits) {}
  [[nodiscard]] YamlNode take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    if (expects_key()) throw Refusal(mark, "a key is missing before ':'");
    add(mark, YamlNode::Kind::null);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refusal(mark, "aliases (*name) are not accepted; write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    // "?" marks a plain scalar, "!" a quoted one (YAML 1.2, 3.3.2); everything else is a tag of the author.
    if (!tag.empty() && tag != "?" && tag != "!") throw Refusal(mark, "tags (!name) are not accepted");
    if (expects_key()) {
      add_key(mark, value);
      return;
    }
    YamlNode& node = add(mark, YamlNode::Kind::scalar);
    node.text = value;
    node.quoted = tag == "!";
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) throw Refusal(mark, "anchors (&name) are not accepted");
  }

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back()->kind == YamlNode::Kind::map &&
           open_.back()->keys.size() == open_.back()->items.size();
  }

  void add_key(const YAML::Mark& mark, const std::string& key) {
    auto& keys = open_.back()->keys;
    const auto earlier = std::ranges::find(keys, key, &YamlNode::Key::text);
    if (earlier != keys.end()) {
      throw Refusal(
          mark, fmt::format("key '{}' again; it is already on line {}", printable(key, 40), earlier->line));
    }
    keys.push_back({key, line_of(mark)});
  }

  YamlNode& add(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (++nodes_ > limits_.nodes) {
      throw Refusal(mark, fmt::format("more than {} values", limits_.nodes));
    }
    YamlNode& node = open_.empty() ? root_ : open_.back()->items.emplace_back();
    node.kind = kind;
    node.line = line_of(mark);
    return node;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    if (!tag.empty() && tag != "?") throw Refusal(mark, "tags (!name) are not accepted");
    if (expects_key()) throw Refusal(mark, "a key must be a plain word");
    if (open_.size() >= limits_.depth) {
      throw Refusal(mark, fmt::format("nested deeper than {}", limits_.depth));
    }
    // Safe to keep the address: a vector grows only while its owner is the innermost open node.
    open_.push_back(&add(mark, kind));
  }

  const YamlLimits& limits_;
  YamlNode root_;
  std::vector<YamlNode*> open_;
  std::size_t nodes_ = 0;
};

/// Reads from the caller's bytes without a copy.
struct ViewBuffer final : std::streambuf {
  explicit ViewBuffer(std::string_view text) {
    char* const begin = const_cast<char*>(text.data());  // a get area is never written through
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

std::string_view name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::scalar: return "a single value";
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::map: return "a section";
  }
  return "nothing";
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size() && i < items.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

std::expected<YamlNode, YamlFault> parse_yaml(std::string_view text, const YamlLimits& limits) {
  auto documents = parse_yaml_documents(text, 1, limits);
  if (!documents) return std::unexpected(std::move(documents.error()));
  return documents->empty() ? YamlNode{} : std::move(documents->front());
}

std::expected<std::vector<YamlNode>, YamlFault> parse_yaml_documents(std::string_view text, std::size_t most,
                                                                     const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    return std::unexpected(
        YamlFault{0, fmt::format("{} bytes long; at most {} are read", text.size(), limits.bytes), true});
  }
  try {
    ViewBuffer buffer(text);
    std::istream in(&buffer);
    YAML::Parser parser(in);
    std::vector<YamlNode> documents;
    for (;;) {
      TreeBuilder next(limits);
      if (!parser.HandleNextDocument(next)) return documents;
      if (documents.size() == most) {
        return std::unexpected(YamlFault{
            std::move(next).take().line,
            most == 1 ? "a second document; one is accepted" : fmt::format("more than {} documents", most),
            true});
      }
      documents.push_back(std::move(next).take());
    }
  } catch (const Refusal& refusal) {
    return std::unexpected(YamlFault{refusal.line, refusal.what(), true});
  } catch (const YAML::Exception& error) {
    return std::unexpected(
        YamlFault{line_of(error.mark), fmt::format("not YAML: {}", printable(error.msg, 160))});
  } catch (const std::exception& error) {
    return std::unexpected(YamlFault{0, fmt::format("not YAML: {}", printable(error.what(), 160))});
  }
}

}  // namespace colony::core
