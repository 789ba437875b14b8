#include "core/log.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/address.hpp"
#include "core/secret.hpp"

using namespace colony::core;

namespace {

Log collecting(std::vector<std::string>& lines, LogLevel level, LogFormat format) {
  return Log(level, format, [&lines](LogLevel, std::string_view line) { lines.emplace_back(line); });
}

}  // namespace

TEST(Log, WritesIdMessageAndFields) {
  std::vector<std::string> lines;
  const Log log = collecting(lines, LogLevel::info, LogFormat::text);
  log.info("dhcp.offer", "offered a boot program",
           {{"mac", *MacAddress::parse("52:54:00:00:00:01")}, {"bytes", 42}, {"file", "two words"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0],
            "info  dhcp.offer offered a boot program mac=52:54:00:00:00:01 bytes=42 file=\"two words\"");
}

TEST(Log, KeepsBytesFromTheWireOnOneLine) {
  std::vector<std::string> lines;
  collecting(lines, LogLevel::info, LogFormat::text).warn("x.y", "m", {{"v", "a\nerror forged"}});
  EXPECT_EQ(lines[0], "warn  x.y m v=\"a\\x0aerror forged\"");
}

TEST(Log, DropsWhatIsBelowItsLevel) {
  std::vector<std::string> lines;
  const Log log = collecting(lines, LogLevel::warn, LogFormat::text);
  log.debug("a.b", "m");
  log.info("a.b", "m");
  EXPECT_TRUE(lines.empty());
}

TEST(Log, JsonIsOneObjectPerLine) {
  std::vector<std::string> lines;
  collecting(lines, LogLevel::info, LogFormat::json).error("x.y", "broken", {{"v", "\xff"}});
  const auto json = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(json["event"], "x.y");
  EXPECT_EQ(json["level"], "error");
}

TEST(Log, DoesNotCompileWithASecret) {
  static_assert(!std::is_constructible_v<LogField, std::string_view, const Secret&>);
}
