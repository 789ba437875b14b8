#pragma once
// Lines to a file descriptor, without ever waiting for whoever reads them: a log that nobody empties (a full
// pipe, a journald that hangs) must not stop the program. What is not taken at once is kept, up to a bound,
// and written with the next line; what comes beyond is counted, and the count is told in its place.

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace colony::core {

class LineSink {
 public:
  static constexpr std::size_t kept_limit = std::size_t{256} * 1024;
  /// The line that says how many were lost.
  using Told = std::function<std::string(std::uint64_t dropped)>;

  LineSink(int fd, Told told) : fd_(fd), told_(std::move(told)) {}
  /// What is kept still has a moment to leave.
  ~LineSink();
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;

  /// `line` with its newline.
  void write(std::string_view line);

 private:
  /// As much as is taken; true when something was.
  bool flush(int patience_ms);

  int fd_;
  Told told_;
  std::mutex mutex_;  // the blocking pool's threads may log too
  std::string kept_;  // a line whose beginning has left is whole at the end
  std::uint64_t dropped_ = 0;
};

}  // namespace colony::core
