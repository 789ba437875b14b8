#include "core/error.hpp"

#include <system_error>

#include <fmt/format.h>

namespace colony::core {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_input: return "invalid_input";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::timed_out: return "timed_out";
    case ErrorKind::unreachable: return "unreachable";
    case ErrorKind::refused: return "refused";
    case ErrorKind::unauthorized: return "unauthorized";
    case ErrorKind::exhausted: return "exhausted";
    case ErrorKind::io: return "io";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::corrupt: return "corrupt";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

std::unexpected<Error> fail_errno(std::string code, std::string_view context, int error_number) {
  return fail(ErrorKind::io, std::move(code),
              fmt::format("{}: {}", context, std::system_category().message(error_number)));
}

Error with_context(Error error, std::string_view context) {
  error.message = fmt::format("{}: {}", context, error.message);
  return error;
}

}  // namespace colony::core
