#include "core/http/target.hpp"

#include <optional>

namespace colony::core::http {

namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

enum class Plus : std::uint8_t { literal, space };

std::expected<std::string, TargetError> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::unexpected(TargetError::escape);
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::unexpected(TargetError::escape);
      c = static_cast<char>(*high << 4 | *low);
      i += 2;
      // "%2F" inside a segment is a different path to different readers.
      if (c == '/' && plus == Plus::literal) return std::unexpected(TargetError::forbidden);
    } else if (c == '+' && plus == Plus::space) {
      c = ' ';
    }
    if (is_control(c)) return std::unexpected(TargetError::forbidden);
    out += c;
  }
  return out;
}

std::expected<std::string, TargetError> parse_path(std::string_view text) {
  auto path = decode(text, Plus::literal);
  if (!path) return path;
  if (path->find('\\') != std::string::npos) return std::unexpected(TargetError::forbidden);
  std::string_view rest = *path;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == "..") return std::unexpected(TargetError::dot_segment);
    rest.remove_prefix(segment.size());
  }
  return path;
}

std::expected<TextMap, TargetError> parse_query(std::string_view text) {
  TextMap query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto key = decode(pair.substr(0, equals), Plus::space);
    if (!key) return std::unexpected(key.error());
    auto value = decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), Plus::space);
    if (!value) return std::unexpected(value.error());
    if (query.size() >= max_query_pairs) return std::unexpected(TargetError::too_many);
    if (!query.emplace(std::move(*key), std::move(*value)).second) {
      return std::unexpected(TargetError::duplicate_key);
    }
  }
  return query;
}

}  // namespace

std::string_view name(TargetError error) {
  switch (error) {
    case TargetError::empty: return "empty target";
    case TargetError::too_long: return "target too long";
    case TargetError::form: return "target is neither a path nor an http URL";
    case TargetError::escape: return "'%' without two hex digits";
    case TargetError::forbidden: return "control byte, backslash or encoded slash in the target";
    case TargetError::dot_segment: return "'.' or '..' in the path";
    case TargetError::too_many: return "too many query parameters";
    case TargetError::duplicate_key: return "a query parameter is given twice";
  }
  return "bad target";
}

std::expected<Target, TargetError> parse_target(std::string_view text) {
  if (text.empty()) return std::unexpected(TargetError::empty);
  if (text.size() > max_target_length) return std::unexpected(TargetError::too_long);
  // RFC 9112 section 3.2.2: a server accepts absolute-form; Host was checked already and we have one host.
  constexpr std::string_view scheme = "http://";
  const bool absolute = text.starts_with(scheme);
  if (absolute) {
    text.remove_prefix(scheme.size());
    const std::size_t slash = text.find_first_of("/?");
    if (slash == 0) return std::unexpected(TargetError::form);
    text = slash == std::string_view::npos ? "/" : text.substr(slash);
  }
  const std::size_t mark = text.find('?');
  std::string_view path_text = text.substr(0, mark);
  if (path_text.empty() && absolute) path_text = "/";
  if (!path_text.starts_with('/')) return std::unexpected(TargetError::form);
  auto path = parse_path(path_text);
  if (!path) return std::unexpected(path.error());
  auto query = parse_query(mark == std::string_view::npos ? "" : text.substr(mark + 1));
  if (!query) return std::unexpected(query.error());
  return Target{std::move(*path), std::move(*query)};
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view marks = "-._~";
  std::string out;
  for (const char c : text) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || marks.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out += '%';
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

}  // namespace colony::core::http
