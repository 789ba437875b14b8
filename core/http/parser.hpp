#pragma once
// Bytes to messages, without I/O. Beast does the grammar; this adds what a server that must not be smuggled
// through needs: one Content-Length, no Content-Length beside Transfer-Encoding, no coding but chunked, one
// Host. Bytes are fed as they come; the parser buffers only what the grammar needs.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/message.hpp"

namespace colony::core::http {

enum class ParseError : std::uint8_t {
  syntax,
  head_too_large,
  too_many_fields,
  body_too_large,
  framing,  // contradicting or unknown Content-Length, Transfer-Encoding
  chunks,   // of a request: smaller than what frames them
  host,     // HTTP/1.1 without exactly one Host
  version,
  method,  // well formed, but none of ours
  truncated,
};
std::string_view name(ParseError error);

struct ParserLimits {
  std::size_t head_bytes = 16UL * 1024;
  std::size_t head_fields = 64;
};

struct RequestHead {
  Method method = Method::get;
  std::string target;
  Headers headers;
  bool keep_alive = false;
  bool has_body = false;
  bool http_1_0 = false;
  bool expects_continue = false;
  bool expects_other = false;  // an Expect we do not know
};

class RequestParser {
 public:
  explicit RequestParser(ParserLimits limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  ~RequestParser();

  /// Takes all of `bytes`. Stops on its own after the head; call again (with nothing) after set_body_limit.
  [[nodiscard]] std::expected<void, ParseError> feed(std::string_view bytes);
  [[nodiscard]] bool started() const;  // at least one byte of this message came
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] bool done() const;
  [[nodiscard]] const RequestHead& head() const;
  /// Required once between head and body. A declared length over the limit fails at once.
  [[nodiscard]] std::expected<void, ParseError> set_body_limit(std::size_t limit);
  [[nodiscard]] std::string take_body();
  /// Bytes after this message: they start the next one.
  [[nodiscard]] std::string take_rest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct ResponseHead {
  Status status = Status::ok;
  Headers headers;
};

class ResponseParser {
 public:
  enum class Expect : std::uint8_t { body, no_body };  // no_body: the answer to HEAD
  ResponseParser(ParserLimits limits, Expect expect);
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;
  ~ResponseParser();

  /// Body pieces go to `on_body` as they come; it is called only after head_done() holds.
  using OnBody = std::function<void(const ResponseHead&, std::string_view)>;
  [[nodiscard]] std::expected<void, ParseError> feed(std::string_view bytes, const OnBody& on_body);
  /// The peer closed: the end of a body without length, or truncated.
  [[nodiscard]] std::expected<void, ParseError> finish();
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] bool done() const;
  [[nodiscard]] const ResponseHead& head() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace colony::core::http
