#include "daemon/cli/csv.hpp"

#include <gtest/gtest.h>

using namespace colony::daemon::cli;

namespace {

std::vector<std::vector<std::string>> fields(std::string_view text) {
  std::vector<std::vector<std::string>> out;
  const auto rows = parse_csv(text);
  EXPECT_TRUE(rows) << text;
  if (!rows) return out;
  for (const auto& row : *rows) out.push_back(row.fields);
  return out;
}

using Rows = std::vector<std::vector<std::string>>;

}  // namespace

TEST(Csv, ReadsPlainAndQuotedFields) {
  EXPECT_EQ(fields("a,b\nc,d\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(fields("a,\"b,\"\"c\"\"\nd\"\r\ne,f"), (Rows{{"a", "b,\"c\"\nd"}, {"e", "f"}}));
  EXPECT_EQ(fields(" a , b \n,\n"), (Rows{{"a", "b"}, {"", ""}}));
  EXPECT_EQ(fields("\" a \",b"), (Rows{{" a ", "b"}}));
}

TEST(Csv, SkipsMarksCommentsAndEmptyLines) {
  EXPECT_EQ(fields("\xef\xbb\xbf# rack 12\n\na,b\r\n\r\n# end"), (Rows{{"a", "b"}}));
  EXPECT_TRUE(fields("").empty());
}

TEST(Csv, KnowsTheLineOfEachRow) {
  const auto rows = parse_csv("# x\na,\"1\n2\"\n\nb,c\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].line, 2U);
  EXPECT_EQ((*rows)[1].line, 5U);
}

TEST(Csv, NamesWhatIsWrongAndWhere) {
  const std::pair<std::string, CsvError> bad[] = {{"a,\"b", CsvError::open_quote},
                                                  {"a,b\"c", CsvError::stray_quote},
                                                  {"\"a\"b", CsvError::stray_quote},
                                                  {"a\x01,b", CsvError::control_byte},
                                                  {std::string("a\0b", 3), CsvError::control_byte},
                                                  {"a\rb", CsvError::control_byte},
                                                  {std::string(40, ','), CsvError::too_many_fields},
                                                  {std::string(max_csv_bytes + 1, 'a'), CsvError::too_large}};
  for (const auto& [text, error] : bad) {
    const auto rows = parse_csv("x,y\n" + text);
    ASSERT_FALSE(rows) << text.substr(0, 20);
    EXPECT_EQ(rows.error().error, error) << text.substr(0, 20);
    if (error != CsvError::too_large) EXPECT_EQ(rows.error().line, 2U) << text;
  }
  std::string many;
  for (std::size_t i = 0; i <= max_csv_rows; ++i) many += "a\n";
  EXPECT_EQ(parse_csv(many).error().error, CsvError::too_many_rows);
}
