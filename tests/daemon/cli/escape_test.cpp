#include "daemon/cli/escape.hpp"

#include <gtest/gtest.h>

using namespace colony::daemon::cli;

namespace {

std::string told(EscapeReader& reader, std::string_view input) {
  std::string out;
  for (const auto& typed : reader.feed(input)) {
    out += typed.bytes;
    if (typed.order == EscapeOrder::leave) out += "<leave>";
    if (typed.order == EscapeOrder::send_break) out += "<break>";
    if (typed.order == EscapeOrder::help) out += "<help>";
  }
  return out;
}

}  // namespace

TEST(EscapeReader, OrdersStandAtTheStartOfALine) {
  EscapeReader reader;
  EXPECT_EQ(told(reader, "~?~B~."), "<help><break><leave>");
  EXPECT_EQ(told(reader, "ls\r~."), "ls\r<leave>");
  EXPECT_EQ(told(reader, "ls ~.\r"), "ls ~.\r");
}

TEST(EscapeReader, ComesKeyByKey) {
  EscapeReader reader;
  EXPECT_EQ(told(reader, "\r"), "\r");
  EXPECT_EQ(told(reader, "~"), "");
  EXPECT_EQ(told(reader, "."), "<leave>");
}

TEST(EscapeReader, TwoTildesAreOneAndOtherLettersAreText) {
  EscapeReader reader;
  EXPECT_EQ(told(reader, "~~.\r~x"), "~.\r~x");
  EXPECT_EQ(told(reader, "\r~\r~."), "\r~\r<leave>");
}
