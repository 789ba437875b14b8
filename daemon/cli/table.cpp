#include "daemon/cli/table.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

namespace colony::daemon::cli {

namespace {

constexpr std::size_t gap = 2;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Length of the UTF-8 sequence at the front, 0 when it is none (or a C1 control, or overlong).
std::size_t sequence_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = 0;
  if (first >= 0xc3 && first <= 0xdf) length = 2;
  if (first == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) >= 0xa0) length = 2;
  if (first >= 0xe1 && first <= 0xef) length = 3;
  if (first == 0xe0 && text.size() > 1 && static_cast<unsigned char>(text[1]) >= 0xa0) length = 3;
  if (first >= 0xf1 && first <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return length;
}

/// Narrows the widest column by one until the row fits.
void narrow(std::vector<std::size_t>& widths, const std::vector<Column>& columns) {
  const auto total = [&] {
    std::size_t sum = gap * (widths.size() - 1);
    for (const auto width : widths) sum += width;
    return sum;
  };
  while (total() > table_width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] <= columns[i].least) continue;
      if (widest == widths.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == widths.size()) return;  // nothing can give way
    --widths[widest];
  }
}

void add_cell(std::string& line, const std::string& text, std::size_t width, Align align, bool last,
              Colour colour) {
  const std::string shown = fit_text(text, width);
  const std::string padding(width - text_width(shown), ' ');
  if (align == Align::right) line += padding;
  line += paint(shown, colour);
  if (align == Align::left && !last) line += padding;
  if (!last) line.append(gap, ' ');
}

}  // namespace

std::string terminal_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    if (c >= 0x20 && c < 0x7f) {
      out += text.front();
    } else if (c >= 0x80 && sequence_length(text) > 0) {
      length = sequence_length(text);
      out += text.substr(0, length);
    } else {
      out += '?';
    }
    text.remove_prefix(length);
  }
  return out;
}

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string fit_text(std::string_view text, std::size_t width) {
  if (text_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t end = 0;
  for (std::size_t taken = 0; taken + 1 < width; ++taken) {
    ++end;
    while (end < text.size() && is_continuation(text[end])) ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string paint(std::string_view word, Colour colour) {
  if (colour == Colour::off) return std::string(word);
  struct Paint {
    std::string_view word, code;
  };
  static constexpr std::array<Paint, 15> paints{{{"available", "32"},
                                                 {"provisioned", "32"},
                                                 {"completed", "32"},
                                                 {"ready", "32"},
                                                 {"ok", "32"},
                                                 {"discovering", "33"},
                                                 {"provisioning", "33"},
                                                 {"deprovisioning", "33"},
                                                 {"running", "33"},
                                                 {"pending", "33"},
                                                 {"failed", "31"},
                                                 {"held", "31"},
                                                 {"quarantined", "31"},
                                                 {"indeterminate", "31"},
                                                 {"unreachable", "31"}}};
  for (const auto& each : paints) {
    if (each.word == word) {
      return std::string("\x1b[").append(each.code).append("m").append(word).append("\x1b[0m");
    }
  }
  return std::string(word);
}

std::string render_table(const std::vector<Column>& columns,
                         const std::vector<std::vector<std::string>>& rows, TableStyle style) {
  if (rows.empty() || columns.empty()) return {};
  std::vector<std::vector<std::string>> cells;
  cells.emplace_back();
  for (const auto& column : columns) cells.front().push_back(column.title);
  for (const auto& row : rows) {
    assert(row.size() == columns.size());
    auto& clean = cells.emplace_back();
    for (const auto& cell : row) clean.push_back(terminal_text(cell));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], text_width(row[i]));
  }
  if (style.fit == Fit::terminal) narrow(widths, columns);
  std::string out;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      add_cell(line, cells[row][i], widths[i], columns[i].align, i + 1 == columns.size(),
               row == 0 ? Colour::off : style.colour);
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

namespace {

/// At blanks; a word that is longer than a line stays whole, for it may be typed next. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (text_width(line) + 1 + text_width(word) <= width) {
      line.append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace

std::string render_pairs(const std::vector<std::pair<std::string, std::string>>& pairs, Fit fit) {
  std::size_t width = 0;
  for (const auto& pair : pairs) width = std::max(width, text_width(pair.first));
  std::string out;
  for (const auto& [key, value] : pairs) {
    const std::string text = terminal_text(value);
    const auto lines =
        fit == Fit::terminal ? wrapped(text, table_width - width - gap) : std::vector<std::string>{text};
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string_view before = i == 0 ? std::string_view(key) : std::string_view();
      out += fmt::format("{}{}{}\n", before, std::string(width - text_width(before) + gap, ' '), lines[i]);
    }
  }
  return out;
}

}  // namespace colony::daemon::cli
