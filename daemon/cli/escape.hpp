#pragma once
// What an operator types at a machine's console: bytes for the machine, and orders to us after "~" at the
// start of a line, as ssh and ipmitool have it. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon::cli {

enum class EscapeOrder : std::uint8_t { leave, send_break, help };

struct Typed {
  std::string bytes;  // for the machine, before `order`
  std::optional<EscapeOrder> order;
};

class EscapeReader {
 public:
  /// In order: each piece of bytes is followed by at most one order.
  [[nodiscard]] std::vector<Typed> feed(std::string_view input);

 private:
  enum class State : std::uint8_t { line_start, inside, escape };
  State state_ = State::line_start;
};

inline constexpr std::string_view escape_help =
    "\r\n~.  leave\r\n~B  send a break\r\n~?  this help\r\n~~  a tilde\r\n(only at the start of a line)\r\n";

}  // namespace colony::daemon::cli
