#pragma once
// One error value for everything above the wire decoders. Decoders have their own small enums (style rule 4);
// where a decoder's verdict leaves its room it becomes an Error whose `code` names it.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace colony::core {

enum class ErrorKind : std::uint8_t {
  invalid_input,  // what was given can never work; say what is accepted
  not_found,
  conflict,      // the world disagrees: address in use, asset busy, keys of two assets
  timed_out,     // the deadline passed; whether the act happened may be unknown
  unreachable,   // nobody answered, or the connection was refused
  refused,       // the other side answered, and said no
  unauthorized,  // credentials were rejected
  exhausted,     // a bound of ours or theirs is reached; may work later
  io,            // the operating system failed us
  cancelled,
  unsupported,
  corrupt,   // stored or received data contradicts its own checks
  internal,  // our own fault, reported instead of hidden
};

std::string_view name(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string code;     // stable, for programs: "ipmi.session_timeout"; documented in docs/common-errors.md
  std::string message;  // one sentence for people: the cause and, where there is one, the next step

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message) {
  return std::unexpected(Error{kind, std::move(code), std::move(message)});
}

/// `error` from errno: kind `io`, message "CONTEXT: strerror".
[[nodiscard]] std::unexpected<Error> fail_errno(std::string code, std::string_view context, int error_number);

/// Prefixes the message once, at the place that knows the context ("asset web-3: ...").
[[nodiscard]] Error with_context(Error error, std::string_view context);

}  // namespace colony::core
