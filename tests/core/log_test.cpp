#include "core/log.hpp"

#include <array>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/address.hpp"
#include "core/secret.hpp"

using namespace colony::core;

namespace {

Log collecting(std::vector<std::string>& lines, LogLevel level, LogFormat format) {
  return Log(level, format, [&lines](LogLevel, std::string_view line) { lines.emplace_back(line); });
}

/// Standard error is a small pipe, for as long as this lives.
class PipedStderr {
 public:
  PipedStderr() {
    EXPECT_EQ(::pipe2(pipe_.data(), O_CLOEXEC), 0);
    EXPECT_GT(::fcntl(pipe_[1], F_SETPIPE_SZ, 4096), 0);
    EXPECT_EQ(::fcntl(pipe_[0], F_SETFL, O_NONBLOCK), 0);
    EXPECT_EQ(::dup2(pipe_[1], STDERR_FILENO), STDERR_FILENO);
  }
  PipedStderr(const PipedStderr&) = delete;
  PipedStderr& operator=(const PipedStderr&) = delete;
  ~PipedStderr() {
    ::dup2(before_, STDERR_FILENO);
    for (const int fd : {before_, pipe_[0], pipe_[1]}) ::close(fd);
  }
  /// What is in it now; true when that is something.
  bool read_into(std::string& text) {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(pipe_[0], buffer.data(), buffer.size());
    if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
  }

 private:
  int before_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  std::array<int, 2> pipe_{};
};

}  // namespace

TEST(Log, NobodyWhoReadsItStopsNothing) {
  constexpr unsigned lines = 20'000;
  PipedStderr piped;
  std::string text;
  unsigned more = 0;
  {
    const Log log = Log::to_stderr(LogLevel::info, LogFormat::journal);
    (void)::alarm(60);  // a write that waits for its reader never comes back
    for (unsigned i = 0; i < lines; ++i) log.info("x.y", "m", {{"i", i}});
    (void)::alarm(0);
    while (piped.read_into(text) && more < 200) log.info("x.y", "m", {{"i", lines + more++}});
  }
  while (piped.read_into(text)) {  // its last words
  }
  // Every line is whole, in its order, and either there or counted where it is missing.
  std::istringstream in(text);
  unsigned expected = 0;
  unsigned gaps = 0;
  constexpr std::string_view gap =
      "<4>warn  log.dropped the log was not read fast enough: lines are missing here count=";
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(gap)) {
      ++gaps;
      expected += static_cast<unsigned>(std::stoul(line.substr(gap.size())));
    } else {
      ASSERT_EQ(line, "<6>info  x.y m i=" + std::to_string(expected));
      ++expected;
    }
  }
  EXPECT_EQ(gaps, 1U);
  EXPECT_EQ(expected, lines + more);
}

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
