#include "daemon/cli/table.hpp"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

using namespace colony::daemon::cli;

TEST(Table, AlignsColumns) {
  EXPECT_EQ(render_table({{"NAME"}, {"N", Align::right}}, {{"a", "1"}, {"longer", "200"}}),
            "NAME      N\n"
            "a         1\n"
            "longer  200\n");
  EXPECT_EQ(render_table({{"NAME"}}, {}), "");
}

TEST(Table, NeverGetsWiderThanAHundredColumns) {
  const std::string wide(200, 'x');
  const auto text = render_table({{"A", Align::left, 8}, {"B", Align::left, 8}, {"C", Align::right, 8}},
                                 {{wide, wide, wide}, {"a", "b", "c"}});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), table_width) << line;
  EXPECT_NE(text.find("…"), std::string::npos);
}

TEST(Table, CutsNothingWhereNoTerminalIs) {
  const std::string wide(200, 'x');
  const auto text =
      render_table({{"A", Align::left, 8}, {"B", Align::left, 8}}, {{wide, "b"}}, {Colour::off, Fit::whole});
  EXPECT_NE(text.find(wide + "  b\n"), std::string::npos) << text;
}

TEST(Table, TheWidestColumnGivesWayFirst) {
  const auto text =
      render_table({{"ID", Align::left, 4}, {"TEXT", Align::left, 4}}, {{"12345678", std::string(150, 'x')}});
  EXPECT_NE(text.find("12345678  "), std::string::npos);
}

TEST(Table, NothingInACellDrivesTheTerminal) {
  EXPECT_EQ(terminal_text("a\x1b[31mb\n\x7f"), "a?[31mb??");
  EXPECT_EQ(terminal_text("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(terminal_text("\xc2\x9b"), "??");  // a C1 control
  EXPECT_EQ(terminal_text("\xff\xc3"), "??");
  EXPECT_EQ(terminal_text("\xe2\x82"), "??");
}

TEST(Table, CutsBetweenCharacters) {
  EXPECT_EQ(fit_text("gr\xc3\xbc\xc3\x9f"
                     "e",
                     4),
            "gr\xc3\xbc…");
  EXPECT_EQ(fit_text("abc", 3), "abc");
  EXPECT_EQ(fit_text("abc", 0), "");
}

TEST(Table, PaintsOnlyWhenAskedTo) {
  EXPECT_EQ(paint("failed", Colour::off), "failed");
  EXPECT_EQ(paint("failed", Colour::on), "\x1b[31mfailed\x1b[0m");
  EXPECT_EQ(paint("anything", Colour::on), "anything");
}

TEST(Table, ALongValueGoesOnUnderItself) {
  const std::string cure =
      "no Talos image, nothing can be provisioned: set talos.kernel and talos.initramfs "
      "in colony.yaml, then restart";
  EXPECT_EQ(render_pairs({{"state", "ready"}, {"to mend", cure}}),
            "state    ready\n"
            "to mend  no Talos image, nothing can be provisioned: set talos.kernel and talos.initramfs in\n"
            "         colony.yaml, then restart\n");
  EXPECT_EQ(render_pairs({{"to mend", cure}}, Fit::whole), "to mend  " + cure + "\n");
  EXPECT_EQ(render_pairs({{"workflow", ""}}), "workflow  \n");
  const std::string token(150, 'x');
  EXPECT_EQ(render_pairs({{"a", "see " + token}}), "a  see\n   " + token + "\n") << "it may be typed next";
}
