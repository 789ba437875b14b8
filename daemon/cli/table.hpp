#pragma once
// Tables for people: on a terminal never wider than 100 columns, whatever is in them; in a file or a pipe
// nothing is cut. Programs ask for --output json.

#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon::cli {

inline constexpr std::size_t table_width = 100;

enum class Align : std::uint8_t { left, right };
enum class Colour : std::uint8_t { off, on };
/// What becomes of a row that is too wide.
enum class Fit : std::uint8_t { terminal, whole };

struct TableStyle {
  Colour colour = Colour::off;
  Fit fit = Fit::terminal;
};

struct Column {
  std::string title;
  Align align = Align::left;
  std::size_t least = 4;  // a column that must give way keeps this much
};

/// Every row has as many cells as there are columns. For a terminal the widest columns give way first, and
/// what does not fit ends in "…". Control bytes and bytes that are no UTF-8 are shown as '?': a server's
/// serial must not drive the terminal. Empty when there are no rows.
[[nodiscard]] std::string render_table(const std::vector<Column>& columns,
                                       const std::vector<std::vector<std::string>>& rows,
                                       TableStyle style = {});

/// "key    value" lines; a long value goes on under itself, at blanks: words are left whole.
/// Fit::whole: in one line, which grep finds.
[[nodiscard]] std::string render_pairs(const std::vector<std::pair<std::string, std::string>>& pairs,
                                       Fit fit = Fit::terminal);

/// Printable on a terminal: see render_table.
[[nodiscard]] std::string terminal_text(std::string_view text);
/// Characters, not bytes.
[[nodiscard]] std::size_t text_width(std::string_view text);
/// At most `width` characters.
[[nodiscard]] std::string fit_text(std::string_view text, std::size_t width);
/// The words of the domain in their colours: green is well, yellow is under way, red needs a person.
[[nodiscard]] std::string paint(std::string_view word, Colour colour);

}  // namespace colony::daemon::cli
