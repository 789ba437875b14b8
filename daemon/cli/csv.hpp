#pragma once
// CSV (RFC 4180): quoted fields, doubled quotes, CRLF or LF. Spreadsheets' byte order mark is skipped, as are
// empty lines and lines that start with '#'.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon::cli {

struct CsvRow {
  unsigned line = 0;  // where it starts, from 1
  std::vector<std::string> fields;
};

enum class CsvError : std::uint8_t {
  too_large,
  too_many_rows,
  too_many_fields,
  open_quote,   // the text ends inside a quoted field
  stray_quote,  // a quote inside an unquoted field, or text after a closing quote
  control_byte,
};
std::string_view name(CsvError error);

struct CsvFault {
  CsvError error = CsvError::too_large;
  unsigned line = 0;
};

inline constexpr std::size_t max_csv_bytes = std::size_t{4} << 20;
inline constexpr std::size_t max_csv_rows = 20'000;
inline constexpr std::size_t max_csv_fields = 32;

[[nodiscard]] std::expected<std::vector<CsvRow>, CsvFault> parse_csv(std::string_view text);

}  // namespace colony::daemon::cli
