#pragma once
// What goes on the wire for a response: the head's bytes, which part of the body, and whether the connection
// goes on. Pure; the server carries it out.

#include <string>

#include "core/clock.hpp"
#include "core/http/message.hpp"
#include "core/http/parser.hpp"
#include "core/http/range.hpp"

namespace colony::core::http {

enum class Framing : std::uint8_t {
  length,   // Content-Length
  chunked,  // of a stream
  close,    // a stream for HTTP/1.0
  none,     // no body: HEAD, 204, 304
};

struct ResponsePlan {
  std::string head;
  Framing framing = Framing::length;
  std::uint64_t first = 0;  // of the body
  std::uint64_t length = 0;
  std::uint64_t size = 0;  // of the whole body, 0 for a stream
  bool close = false;
};

/// `asked` is null when the request was not understood. May replace the body (304, 416).
[[nodiscard]] ResponsePlan plan_response(const RequestHead* asked, HttpResponse& response, bool close,
                                         UtcTime now);

/// One chunk of a chunked body (RFC 9112 section 7.1); the last one is empty.
[[nodiscard]] std::string encode_chunk(std::string_view bytes);

}  // namespace colony::core::http
