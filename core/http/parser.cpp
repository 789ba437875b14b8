#include "core/http/parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "core/http/text.hpp"

namespace colony::core::http {

namespace {

namespace beast = boost::beast;
using BeastError = beast::error_code;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

/// A request's chunks, their extensions and trailers may cost as much again as the body they carry, and this
/// for the last chunk, the trailers and a few small ones. Every chunk costs a step of the grammar: a body in
/// chunks of one byte would cost fifty times what it carries.
constexpr std::size_t spare_framing = 4096;

ParseError verdict(const BeastError& error) {
  namespace http = beast::http;
  if (error == http::error::header_limit) return ParseError::head_too_large;
  if (error == http::error::body_limit) return ParseError::body_too_large;
  if (error == http::error::bad_version) return ParseError::version;
  if (error == http::error::bad_content_length || error == http::error::bad_transfer_encoding ||
      error == http::error::multiple_content_length || error == http::error::bad_chunk ||
      error == http::error::bad_chunk_extension) {
    return ParseError::framing;
  }
  if (error == http::error::partial_message) return ParseError::truncated;
  return ParseError::syntax;
}

/// Beast's grammar with our bounds; collects the head and hands body pieces on.
template <bool IsRequest>
class Grammar final : public beast::http::basic_parser<IsRequest> {
 public:
  using Base = beast::http::basic_parser<IsRequest>;

  explicit Grammar(ParserLimits limits) : limits_(limits) {
    Base::header_limit(static_cast<std::uint32_t>(limits.head_bytes));
    Base::body_limit(boost::none);
  }

  Headers headers;
  std::string method, target;  // of a request
  int status = 0;              // of a response
  int version = 11;
  std::function<void(std::string_view)> on_body;

  /// Feeds the front of `buffer`, removes what was taken. `pause` is asked between steps.
  std::expected<void, ParseError> pump(std::string& buffer, const std::function<bool()>& pause) {
    // Removed once, not step by step: a body in many chunks would be moved as often as it has chunks.
    std::size_t taken = 0;
    auto pumped = pump_from(buffer, taken, pause);
    buffer.erase(0, taken);
    return pumped;
  }

 private:
  std::expected<void, ParseError> pump_from(std::string_view bytes, std::size_t& taken,
                                            const std::function<bool()>& pause) {
    while (taken < bytes.size() && !Base::is_done() && !pause()) {
      BeastError error;
      const std::string_view left = bytes.substr(taken);
      const bool in_body = Base::is_header_done();
      const std::size_t used = Base::put(boost::asio::const_buffer(left.data(), left.size()), error);
      taken += used;
      if (in_body) body_taken_ += used;
      if (refusal_) return std::unexpected(*refusal_);
      if (error == beast::http::error::need_more) {
        // What the grammar waits for is a line: of the head, or of a chunk and its trailers.
        if (bytes.size() - taken > limits_.head_bytes) return std::unexpected(ParseError::head_too_large);
        return {};
      }
      if (error) return std::unexpected(verdict(error));
      if (IsRequest && body_taken_ > 2 * body_bytes_ + spare_framing) {
        return std::unexpected(ParseError::chunks);
      }
    }
    return {};
  }

  void refuse(ParseError why, BeastError& error) {
    refusal_ = why;
    error = beast::http::error::bad_field;
  }

  void on_request_impl(beast::http::verb, beast::string_view method_text, beast::string_view target_text,
                       int http_version, BeastError&) override {
    method = view(method_text);
    target = view(target_text);
    version = http_version;
  }
  void on_response_impl(int code, beast::string_view, int http_version, BeastError&) override {
    status = code;
    version = http_version;
  }
  void on_field_impl(beast::http::field, beast::string_view field_name, beast::string_view value,
                     BeastError& error) override {
    if (++fields_ > limits_.head_fields) return refuse(ParseError::too_many_fields, error);
    if (head_ended_) return;  // trailers mean nothing to us
    if (!headers.add(view(field_name), view(value))) return refuse(ParseError::syntax, error);
  }
  void on_header_impl(BeastError& error) override {
    head_ended_ = true;
    // Two readings of where a message ends are how requests are smuggled (RFC 9112 section 11.2).
    const auto length = headers.find("Content-Length");
    const auto coding = headers.find("Transfer-Encoding");
    const bool length_ok = !length || (headers.count("Content-Length") == 1 && is_digits(*length));
    const bool coding_ok = !coding || (headers.count("Transfer-Encoding") == 1 &&
                                       equal_ignoring_case(*coding, "chunked") && version == 11);
    if (!length_ok || !coding_ok || (length && coding)) return refuse(ParseError::framing, error);
    if (IsRequest && version == 11 && headers.count("Host") != 1) return refuse(ParseError::host, error);
    if (IsRequest && headers.count("Host") > 1) refuse(ParseError::host, error);
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(beast::string_view body, BeastError&) override {
    body_bytes_ += body.size();
    if (on_body) on_body(view(body));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, BeastError&) override {
    body_bytes_ += body.size();
    if (on_body) on_body(view(body));
    return body.size();
  }
  void on_finish_impl(BeastError&) override {}

  ParserLimits limits_;
  std::size_t fields_ = 0;
  bool head_ended_ = false;
  std::uint64_t body_taken_ = 0;  // after the head, framing included
  std::uint64_t body_bytes_ = 0;
  std::optional<ParseError> refusal_;
};

}  // namespace

std::string_view name(ParseError error) {
  switch (error) {
    case ParseError::syntax: return "malformed";
    case ParseError::head_too_large: return "head too large";
    case ParseError::too_many_fields: return "too many header fields";
    case ParseError::body_too_large: return "body too large";
    case ParseError::framing: return "contradicting or unknown Content-Length or Transfer-Encoding";
    case ParseError::chunks: return "chunks smaller than their framing";
    case ParseError::host: return "exactly one Host is needed";
    case ParseError::version: return "only HTTP/1.0 and HTTP/1.1 are spoken";
    case ParseError::method: return "unknown method";
    case ParseError::truncated: return "ended too early";
  }
  return "malformed";
}

struct RequestParser::State {
  explicit State(ParserLimits limits) : grammar(limits) {}
  Grammar<true> grammar;
  std::string buffer;
  std::string body;
  RequestHead head;
  bool started = false;
  bool head_taken = false;
  bool limit_set = false;

  std::expected<void, ParseError> take_head() {
    const auto method = parse_method(grammar.method);
    if (!method) return std::unexpected(ParseError::method);
    head.method = *method;
    head.target = std::move(grammar.target);
    head.headers = std::move(grammar.headers);
    head.keep_alive = grammar.keep_alive();
    head.http_1_0 = grammar.version == 10;
    head.has_body = grammar.chunked() || grammar.content_length().value_or(0) > 0;
    if (const auto expect = head.headers.find("Expect")) {
      head.expects_continue = equal_ignoring_case(*expect, "100-continue");
      head.expects_other = !head.expects_continue;
    }
    head_taken = true;
    return {};
  }
  std::expected<void, ParseError> pump() {
    const auto pause = [this] { return grammar.is_header_done() && !limit_set; };
    if (auto fed = grammar.pump(buffer, pause); !fed) return fed;
    if (grammar.is_header_done() && !head_taken) return take_head();
    return {};
  }
};

RequestParser::RequestParser(ParserLimits limits) : state_(std::make_unique<State>(limits)) {}
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

std::expected<void, ParseError> RequestParser::feed(std::string_view bytes) {
  state_->buffer.append(bytes);
  state_->started = state_->started || !bytes.empty();
  return state_->pump();
}

bool RequestParser::started() const {
  return state_->started;
}
bool RequestParser::head_done() const {
  return state_->head_taken;
}
bool RequestParser::done() const {
  return state_->head_taken && state_->grammar.is_done();
}
const RequestHead& RequestParser::head() const {
  return state_->head;
}

std::expected<void, ParseError> RequestParser::set_body_limit(std::size_t limit) {
  auto& state = *state_;
  if (state.grammar.content_length().value_or(0) > limit) return std::unexpected(ParseError::body_too_large);
  state.grammar.body_limit(limit);
  state.grammar.on_body = [body = &state.body](std::string_view piece) { body->append(piece); };
  state.limit_set = true;
  return state.pump();
}

std::string RequestParser::take_body() {
  return std::move(state_->body);
}
std::string RequestParser::take_rest() {
  return std::move(state_->buffer);
}

struct ResponseParser::State {
  explicit State(ParserLimits limits) : grammar(limits) {}
  Grammar<false> grammar;
  std::string buffer;
  ResponseHead head;
  bool head_taken = false;
};

ResponseParser::ResponseParser(ParserLimits limits, Expect expect) : state_(std::make_unique<State>(limits)) {
  state_->grammar.skip(expect == Expect::no_body);
}
ResponseParser::~ResponseParser() = default;

std::expected<void, ParseError> ResponseParser::feed(std::string_view bytes, const OnBody& on_body) {
  auto& state = *state_;
  state.grammar.on_body = [&](std::string_view piece) { on_body(state.head, piece); };
  state.buffer.append(bytes);
  // The first pause is at the end of the head, so that the head is known before its body.
  auto fed = state.grammar.pump(state.buffer,
                                [&state] { return state.grammar.is_header_done() && !state.head_taken; });
  if (!fed) return fed;
  if (!state.grammar.is_header_done()) return {};
  if (!state.head_taken) {
    state.head.status = static_cast<Status>(state.grammar.status);
    state.head.headers = std::move(state.grammar.headers);
    state.head_taken = true;
    return state.grammar.pump(state.buffer, [] { return false; });
  }
  return {};
}

std::expected<void, ParseError> ResponseParser::finish() {
  state_->grammar.on_body = nullptr;  // the last feed's callback is gone
  if (done()) return {};
  if (!state_->head_taken) return std::unexpected(ParseError::truncated);
  BeastError error;
  state_->grammar.put_eof(error);
  if (error) return std::unexpected(verdict(error));
  return {};
}

bool ResponseParser::head_done() const {
  return state_->head_taken;
}
bool ResponseParser::done() const {
  return state_->head_taken && state_->grammar.is_done();
}
const ResponseHead& ResponseParser::head() const {
  return state_->head;
}

}  // namespace colony::core::http
