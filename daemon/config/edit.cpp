#include "daemon/config/edit.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/yaml.hpp"
#include "daemon/config/leaves.hpp"

namespace colony::daemon {

namespace {

using Lines = std::vector<std::string>;

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string join(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Where the value of `key` begins and ends in a line: behind "key:" up to ',', '}', a comment or the end.
std::optional<std::pair<std::size_t, std::size_t>> value_span(const std::string& line,
                                                              const std::string& key) {
  for (std::size_t at = line.find(key); at != std::string::npos; at = line.find(key, at + 1)) {
    std::size_t begin = at + key.size();
    if ((at > 0 && is_word(line[at - 1])) || begin >= line.size() || line[begin] != ':') continue;
    begin = std::min(line.find_first_not_of(' ', begin + 1), line.size());
    std::size_t end = begin;
    if (begin < line.size() && (line[begin] == '"' || line[begin] == '\'')) {
      end = line.find(line[begin], begin + 1);
      if (end == std::string::npos) return std::nullopt;
      ++end;
    } else {
      while (end < line.size() && line[end] != ',' && line[end] != '}' &&
             !(line[end] == '#' && end > 0 && line[end - 1] == ' ')) {
        ++end;
      }
      while (end > begin && line[end - 1] == ' ') --end;
    }
    return std::pair{begin, end};
  }
  return std::nullopt;
}

/// Line of a top-level section or key in the tree, 0 when it is not there.
unsigned line_of(const core::YamlNode& map, std::string_view key) {
  const auto found = std::ranges::find(map.keys, key, &core::YamlNode::Key::text);
  return found == map.keys.end() ? 0 : found->line;
}

bool replace_value(Lines& lines, unsigned line, const Leaf& leaf) {
  if (line == 0 || line > lines.size()) return false;
  std::string& text = lines[line - 1];
  const auto span = value_span(text, leaf.key);
  if (!span) return false;
  const bool glued = span->first > 0 && text[span->first - 1] == ':';  // "key:" at the end of its line
  text.replace(span->first, span->second - span->first, (glued ? " " : "") + leaf.text);
  return true;
}

/// Adds a key to a section that is there: inside its braces, or as its first line with its children's indent.
bool add_to_section(Lines& lines, const core::YamlNode& section, unsigned section_line, const Leaf& leaf) {
  if (section_line == 0 || section_line > lines.size()) return false;
  std::string& header = lines[section_line - 1];
  if (const auto brace = header.find('{'); brace != std::string::npos) {
    header.insert(brace + 1, fmt::format(" {}: {}{}", leaf.key, leaf.text, section.keys.empty() ? " " : ","));
    return true;
  }
  std::size_t indent = 2;
  if (!section.keys.empty() && section.keys.front().line <= lines.size()) {
    indent = std::min(lines[section.keys.front().line - 1].find_first_not_of(' '), std::size_t{16});
  }
  lines.insert(lines.begin() + section_line, fmt::format("{:{}}{}: {}", "", indent, leaf.key, leaf.text));
  return true;
}

/// One leaf's new value into the text; false when the layout is not understood.
bool apply(Lines& lines, const Leaf& leaf) {
  const auto tree = core::parse_yaml(join(lines));
  if (!tree) return false;
  if (leaf.section.empty()) {
    if (const unsigned line = line_of(*tree, leaf.key); line != 0) return replace_value(lines, line, leaf);
    lines.push_back(fmt::format("{}: {}", leaf.key, leaf.text));
    return true;
  }
  if (leaf.section.find('.') != std::string::npos) return false;  // pxe.nbp: nobody edits it by program
  const core::YamlNode* section = tree->find(leaf.section);
  if (section == nullptr) {
    lines.push_back(fmt::format("{}: {{ {}: {} }}", leaf.section, leaf.key, leaf.text));
    return true;
  }
  if (const unsigned line = line_of(*section, leaf.key); line != 0) return replace_value(lines, line, leaf);
  return add_to_section(lines, *section, line_of(*tree, leaf.section), leaf);
}

}  // namespace

std::optional<std::string> edit_config(std::string_view text, const Config& wanted) {
  const auto current = parse_config(text, "");
  if (!current) return std::nullopt;
  if (*current == wanted) return std::string(text);
  Lines lines = split(text);
  const std::vector<Leaf> before = flatten(*current);
  const std::vector<Leaf> after = flatten(wanted);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i] && !apply(lines, after[i])) return std::nullopt;
  }
  std::string edited = join(lines);
  const auto again = parse_config(edited, "");
  if (!again || *again != wanted) return std::nullopt;
  return edited;
}

}  // namespace colony::daemon
