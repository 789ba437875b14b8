#include "daemon/cli/csv.hpp"

namespace colony::daemon::cli {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::expected<std::vector<CsvRow>, CsvFault> rows() {
    std::vector<CsvRow> out;
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        skip_line();
        continue;
      }
      CsvRow row{line_, {}};
      if (auto read = read_row(row); !read) return std::unexpected(read.error());
      if (row.fields.size() == 1 && row.fields[0].empty()) continue;
      if (out.size() >= max_csv_rows) return std::unexpected(CsvFault{CsvError::too_many_rows, row.line});
      out.push_back(std::move(row));
    }
    return out;
  }

 private:
  using Read = std::expected<void, CsvFault>;

  [[nodiscard]] std::unexpected<CsvFault> fault(CsvError error) const {
    return std::unexpected(CsvFault{error, line_});
  }

  void skip_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    take_newline();
  }

  /// True when a line's end was there.
  bool take_newline() {
    if (text_.substr(at_).starts_with("\r\n")) ++at_;
    if (at_ >= text_.size() || text_[at_] != '\n') return false;
    ++at_;
    ++line_;
    return true;
  }

  [[nodiscard]] bool at_row_end() const {
    return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n");
  }

  Read read_row(CsvRow& row) {
    for (;;) {
      if (row.fields.size() >= max_csv_fields) return fault(CsvError::too_many_fields);
      std::string field;
      const bool quoted = at_ < text_.size() && text_[at_] == '"';
      if (auto read = quoted ? read_quoted(field) : read_bare(field); !read) return read;
      row.fields.push_back(std::move(field));
      if (at_row_end()) {
        take_newline();
        return {};
      }
      ++at_;  // the comma: the field readers stop nowhere else
    }
  }

  Read read_bare(std::string& field) {
    while (!at_row_end() && text_[at_] != ',') {
      if (text_[at_] == '"') return fault(CsvError::stray_quote);
      if (static_cast<unsigned char>(text_[at_]) < 0x20 && text_[at_] != '\t')
        return fault(CsvError::control_byte);
      field += text_[at_++];
    }
    while (!field.empty() && (field.back() == ' ' || field.back() == '\t')) field.pop_back();
    const std::size_t begin = field.find_first_not_of(" \t");
    field.erase(0, begin == std::string::npos ? field.size() : begin);
    return {};
  }

  Read read_quoted(std::string& field) {
    const unsigned begun = line_;
    ++at_;
    for (;;) {
      if (at_ >= text_.size()) return std::unexpected(CsvFault{CsvError::open_quote, begun});
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        field += c;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '"') {
        field += '"';
        ++at_;
        continue;
      }
      if (!at_row_end() && text_[at_] != ',') return fault(CsvError::stray_quote);
      return {};
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
};

}  // namespace

std::string_view name(CsvError error) {
  switch (error) {
    case CsvError::too_large: return "too large";
    case CsvError::too_many_rows: return "too many rows";
    case CsvError::too_many_fields: return "too many fields";
    case CsvError::open_quote: return "a quoted field does not end";
    case CsvError::stray_quote: return "a quote where none belongs";
    case CsvError::control_byte: return "a control byte";
  }
  return "malformed";
}

std::expected<std::vector<CsvRow>, CsvFault> parse_csv(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.size() > max_csv_bytes) return std::unexpected(CsvFault{CsvError::too_large, 0});
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return Reader(text).rows();
}

}  // namespace colony::daemon::cli
