#include "daemon/cli/escape.hpp"

namespace colony::daemon::cli {

std::vector<Typed> EscapeReader::feed(std::string_view input) {
  std::vector<Typed> out(1);
  const auto order = [&out](EscapeOrder what) {
    out.back().order = what;
    out.emplace_back();
  };
  for (const char c : input) {
    const State before = state_;
    state_ = c == '\r' || c == '\n' ? State::line_start : State::inside;
    if (before == State::line_start && c == '~') {
      state_ = State::escape;
      continue;
    }
    if (before == State::escape) {
      // After an order the next line begins: "~?~." does what it says.
      if (c == '.' || c == 'B' || c == '?') {
        order(c == '.' ? EscapeOrder::leave : c == 'B' ? EscapeOrder::send_break : EscapeOrder::help);
        state_ = State::line_start;
        continue;
      }
      if (c != '~') out.back().bytes += '~';  // "~~" is one tilde; another letter is no order
    }
    out.back().bytes += c;
  }
  return out;
}

}  // namespace colony::daemon::cli
