#include "daemon/cli/event_lines.hpp"

#include <gtest/gtest.h>

using colony::daemon::cli::EventLines;

TEST(EventLines, GiveWholeEventsHoweverTheyArrive) {
  const std::string text =
      ": still here\n\nid: 1\nevent: a\ndata: {\"seq\":1}\n\ndata: x\r\ndata:y\r\n\r\ndata: half";
  EventLines whole;
  EXPECT_EQ(whole.feed(text), (std::vector<std::string>{"{\"seq\":1}", "x\ny"}));
  EventLines bytes;
  std::vector<std::string> out;
  for (const char c : text) {
    for (auto& data : bytes.feed({&c, 1})) out.push_back(std::move(data));
  }
  EXPECT_EQ(out, (std::vector<std::string>{"{\"seq\":1}", "x\ny"}));
}

TEST(EventLines, AreBounded) {
  EventLines lines;
  EXPECT_TRUE(lines.feed("data: " + std::string(EventLines::max_event + 1, 'x') + "\n\n").empty());
  EXPECT_TRUE(lines.failed());
}
