#include "daemon/bmc/console_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace colony::daemon {

namespace {

constexpr char escape = '\x1b';
constexpr char bell = '\a';
/// Tokens of ours have 43 characters.
constexpr std::size_t random_word = 40;

constexpr std::array<std::string_view, 5> telling{"token", "secret", "passw", "apikey", "api_key"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

/// Letters of both cases and digits, as random ones have; digests and rulers do not.
bool is_random(std::string_view word) {
  const auto has = [word](char first, char last) {
    return std::ranges::any_of(word, [=](char c) { return c >= first && c <= last; });
  };
  return word.size() >= random_word && has('0', '9') && has('a', 'z') && has('A', 'Z');
}

bool names_secret(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::any_of(telling, [&](auto word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

std::vector<std::string> ConsoleText::feed(std::string_view bytes) {
  std::vector<std::string> out;
  for (const char c : bytes) {
    switch (state_) {
      case State::escape:  // ECMA-48: "[" begins a control sequence, "]PX^_" a string, the rest is one letter
        state_ = c == '['                                                         ? State::control
                 : c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_'       ? State::string
                 : c >= ' ' && c <= '/' /* intermediate bytes, then the letter */ ? State::escape
                                                                                  : State::text;
        continue;
      case State::control:
        if (c >= '@' && c <= '~') state_ = State::text;
        if (c == '\n') break;  // broken off
        continue;
      case State::string:
        if (c == bell) state_ = State::text;
        if (c == escape) state_ = State::string_escape;
        if (c == '\n') break;
        continue;
      case State::string_escape: state_ = State::text; continue;
      case State::text: break;
    }
    state_ = State::text;
    if (c == escape) {
      state_ = State::escape;
    } else if (c == '\n') {
      end_line(out);
    } else if (c == '\r') {
      returned_ = true;
    } else if (c == '\b') {
      if (!line_.empty()) line_.pop_back();
    } else if (c == '\t' || (c >= ' ' && c != '\x7f')) {
      if (returned_) line_.clear();
      returned_ = false;
      line_ += c == '\t' ? ' ' : c;
      if (line_.size() >= max_line) end_line(out);
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      if (!line_.ends_with('?')) line_ += '?';
    }
  }
  return out;
}

void ConsoleText::end_line(std::vector<std::string>& out) {
  returned_ = false;
  while (line_.ends_with(' ')) line_.pop_back();
  const bool blank = line_.empty();
  if (!blank || !blank_) out.push_back(without_secrets(line_));
  blank_ = blank;
  line_.clear();
}

std::string ConsoleText::take_rest() {
  returned_ = false;
  return without_secrets(std::exchange(line_, {}));
}

std::string without_secrets(std::string_view line) {
  std::string out;
  std::size_t at = 0;
  const auto skip_value = [&] {
    while (at < line.size() && line[at] != ' ' && line[at] != '&' && line[at] != '"') ++at;
    out += "***";
  };
  while (at < line.size()) {
    std::size_t end = at;
    while (end < line.size() && is_word(line[end])) ++end;
    const std::string_view word = line.substr(at, end - at);
    if (word.empty()) {
      out += line[at++];
      continue;
    }
    const bool value = end < line.size() && (line[end] == '=' || line[end] == ':');
    if (is_random(word)) {
      out += "***";
      at = end;
      continue;
    }
    out += word;
    at = end;
    if (value && names_secret(word)) {
      out += line[at++];
      while (at < line.size() && line[at] == ' ') out += line[at++];
      skip_value();
    } else if (word == "config" && at < line.size() && line[at] == '/') {
      out += line[at++];  // /config/TOKEN
      skip_value();
    }
  }
  return out;
}

}  // namespace colony::daemon
