// Any bytes, in any pieces, as a request and as a response: the same verdict whatever the pieces, bounded
// bodies, and every error has its words.
#include <algorithm>
#include <cstdlib>

#include "core/http/parser.hpp"

using namespace colony::core::http;

namespace {

constexpr std::size_t body_limit = 512;
constexpr ParserLimits limits{1024, 16};

struct Verdict {
  bool done = false;
  bool failed = false;
  std::string body;
};

void check(ParseError error) {
  if (name(error).empty()) std::abort();
}

Verdict as_request(std::string_view bytes, std::size_t piece) {
  RequestParser parser(limits);
  bool limited = false;
  while (!bytes.empty() && !parser.done()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    auto fed = parser.feed(part);
    if (fed && parser.head_done() && !limited) {
      limited = true;
      fed = parser.set_body_limit(body_limit);
    }
    if (!fed) {
      check(fed.error());
      return {false, true, {}};
    }
  }
  const bool done = parser.done();
  std::string body = parser.take_body();
  if (body.size() > body_limit) std::abort();
  if (done && parser.head().headers.count("Content-Length") > 1) std::abort();
  return {done, false, done ? std::move(body) : std::string{}};
}

Verdict as_response(std::string_view bytes, std::size_t piece, ResponseParser::Expect expect) {
  ResponseParser parser(limits, expect);
  Verdict out;
  while (!bytes.empty() && !parser.done()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    const auto fed = parser.feed(part, [&](const ResponseHead&, std::string_view text) {
      if (!parser.head_done()) std::abort();
      out.body.append(text);
    });
    if (!fed) {
      check(fed.error());
      return {false, true, {}};
    }
  }
  if (auto ended = parser.finish(); !ended) {
    check(ended.error());
    return {false, true, {}};
  }
  out.done = parser.done();
  if (code(parser.head().status) > 999) std::abort();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::max<std::size_t>(data[0], 1);
  const bool request = (data[1] & 1) == 0;
  const auto expect = (data[1] & 2) == 0 ? ResponseParser::Expect::body : ResponseParser::Expect::no_body;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Verdict pieces = request ? as_request(bytes, piece) : as_response(bytes, piece, expect);
  const Verdict whole = request ? as_request(bytes, bytes.size()) : as_response(bytes, bytes.size(), expect);
  // The head's bound may be noticed earlier when bytes come in pieces; a message that was taken is the same.
  if (pieces.done && whole.done && pieces.body != whole.body) std::abort();
  if (pieces.done != whole.done && bytes.size() <= limits.head_bytes) std::abort();
  return 0;
}
