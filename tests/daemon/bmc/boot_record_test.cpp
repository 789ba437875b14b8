// What a machine prints, as it is kept: by the text, and by the bounds.

#include "daemon/bmc/boot_record.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon;
using namespace std::chrono_literals;

namespace {

std::string lines(std::string_view bytes) {
  ConsoleText text;
  std::string out;
  for (const auto& line : text.feed(bytes)) out += line + "|";
  return out + text.take_rest();
}

}  // namespace

TEST(ConsoleText, KeepsLinesWithoutTerminalControl) {
  EXPECT_EQ(lines("Linux version 6.1\r\n\x1b[1;32m[  OK  ]\x1b[0m Started\r\nlogin: "),
            "Linux version 6.1|[  OK  ] Started|login: ");
  EXPECT_EQ(lines("\x1b]0;title\x07shell\r\n\x1b(Bplain\n"), "shell|plain|");
  EXPECT_EQ(lines("caf\xc3\xa9 \x01\x02ok\n"), "caf? ok|");
}

TEST(ConsoleText, ALineThatIsWrittenOverCountsAsItStoodLast) {
  EXPECT_EQ(lines("10%\r20%\r100%\r\ndone\n"), "100%|done|");
  EXPECT_EQ(lines("abd\bc\n"), "abc|");
}

TEST(ConsoleText, ControlThatComesInPiecesOrNeverEndsEatsNoLines) {
  ConsoleText text;
  EXPECT_TRUE(text.feed("ab\x1b").empty());
  EXPECT_TRUE(text.feed("[3").empty());
  EXPECT_EQ(text.feed("1mc\n"), std::vector<std::string>{"abc"});
  EXPECT_EQ(text.feed("\x1b[999\nnext\n"), (std::vector<std::string>{"", "next"}));
}

TEST(ConsoleText, LongLinesAreBrokenAndEmptyOnesCountOnce) {
  EXPECT_EQ(lines(std::string(600, '=') + "\n").find('|'), ConsoleText::max_line);
  EXPECT_EQ(lines("a\n\n\n\nb\n"), "a||b|");
}

TEST(ConsoleText, HidesWhatLooksLikeASecret) {
  EXPECT_EQ(without_secrets("Command line: colony.url=http://10.1.1.5:8080 colony.token=abc-DEF_9 quiet"),
            "Command line: colony.url=http://10.1.1.5:8080 colony.token=*** quiet");
  EXPECT_EQ(without_secrets("talos.config=http://10.1.1.5:8080/config/Zm9vYmFy console=ttyS0"),
            "talos.config=http://10.1.1.5:8080/config/*** console=ttyS0");
  EXPECT_EQ(without_secrets("root password: hunter2 next"), "root password: *** next");
  EXPECT_EQ(without_secrets("key AAAAB3NzaC1yc2EAAAADAQABAAABgQDabcdefghij0123456789 end"), "key *** end");
  const std::string ruler(60, '-');
  EXPECT_EQ(without_secrets(ruler), ruler);
  const std::string digest(64, 'a');
  EXPECT_EQ(without_secrets("sha256 " + digest), "sha256 " + digest);
}

TEST(BootRecord, GivesPiecesWhenTheMachinePausesAndAtTheEnd) {
  BootRecord record;
  core::BootTime now{};
  const auto boot = *core::parse_utc("2026-11-20T18:00:00Z");
  record.begin(boot);
  record.add("one\r\ntwo\r\nthr", now);
  EXPECT_TRUE(record.take(now).empty());
  ASSERT_TRUE(record.deadline());
  now = *record.deadline();
  auto pieces = record.take(now);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].text, "one\ntwo\n");
  EXPECT_EQ(pieces[0].boot, boot);
  EXPECT_FALSE(pieces[0].cut);
  record.finish();
  pieces = record.take(now);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].text, "thr\n");
}

TEST(BootRecord, KeepsTheHeadAndTheTailOfAnEndlessBoot) {
  BootRecord record;
  core::BootTime now{};
  record.begin(*core::parse_utc("2026-11-20T18:00:00Z"));
  std::string all;
  for (unsigned i = 0; i < 20'000; ++i)
    record.add("line " + std::to_string(i) + " of an endless boot\n", now);
  record.finish();
  std::size_t size = 0;
  for (const auto& piece : record.take(now)) {
    size += piece.text.size();
    all += (piece.cut ? "<cut>" : "") + piece.text;
  }
  EXPECT_LE(size, BootRecord::head + BootRecord::tail + 2 * ConsoleText::max_line);
  EXPECT_TRUE(all.starts_with("line 0 of"));
  EXPECT_TRUE(all.ends_with("line 19999 of an endless boot\n"));
  EXPECT_NE(all.find("<cut>line "), std::string::npos);
}

TEST(BootRecord, AnotherBootBeginsItsOwnRecord) {
  BootRecord record;
  const core::BootTime now{};
  const auto first = *core::parse_utc("2026-11-20T18:00:00Z");
  const auto second = *core::parse_utc("2026-11-20T18:05:00Z");
  record.begin(first);
  record.add("first\n", now);
  record.begin(second);
  record.add("second\n", now);
  record.finish();
  const auto pieces = record.take(now);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].boot, first);
  EXPECT_EQ(pieces[1].boot, second);
  EXPECT_EQ(pieces[1].text, "second\n");
}
