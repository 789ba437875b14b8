#pragma once
// What a machine prints, made fit to be kept and shown: lines of plain ASCII, without terminal control and
// without what looks like a secret. Pure.
//
// A machine's words are its own; but we put tokens on its kernel's command line, and the kernel prints that.

#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon {

class ConsoleText {
 public:
  static constexpr std::size_t max_line = 512;  // a longer one goes on in the next

  /// The whole lines that came to an end with `bytes`, without their ends. Empty lines in a row count once.
  [[nodiscard]] std::vector<std::string> feed(std::string_view bytes);
  /// The line that has not ended: a prompt, or the machine's last word.
  [[nodiscard]] std::string take_rest();

 private:
  enum class State : std::uint8_t { text, escape, control, string, string_escape };
  void end_line(std::vector<std::string>& out);

  State state_ = State::text;
  std::string line_;
  bool returned_ = false;  // after CR: what comes writes over the line, unless it is its end
  bool blank_ = false;
};

/// Values of words such as `token=...`, paths that are tokens, and long random words are replaced by "***".
[[nodiscard]] std::string without_secrets(std::string_view line);

}  // namespace colony::daemon
