#include "core/http/connection.hpp"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/http/parser.hpp"
#include "core/http/response_plan.hpp"
#include "core/http/target.hpp"

namespace colony::core::http {

namespace {

constexpr std::size_t read_step = 16UL * 1024;
/// Head and body leave in one segment up to here.
constexpr std::size_t small_body = 64UL * 1024;

Status status_of(ParseError error) {
  switch (error) {
    case ParseError::head_too_large:
    case ParseError::too_many_fields: return Status::fields_too_large;
    case ParseError::body_too_large: return Status::content_too_large;
    case ParseError::version: return Status::version_not_supported;
    case ParseError::method: return Status::not_implemented;
    case ParseError::syntax:
    case ParseError::framing:
    case ParseError::chunks:
    case ParseError::host:
    case ParseError::truncated: return Status::bad_request;
  }
  return Status::bad_request;
}

HttpResponse refuse(ParseError error) {
  return error_response(status_of(error), "http.bad_request", "The request was not understood", name(error));
}

class Connection {
 public:
  Connection(ConnectionContext context, std::unique_ptr<Link> link, Peer peer)
      : context_(context), link_(std::move(link)), peer_(peer) {}

  Task<> run() {
    for (unsigned served = 1; open_; ++served) {
      parser_ = RequestParser(parser_limits());
      close_ = served >= context_.limits.requests_per_connection;
      context_.guest.wait();
      std::optional<HttpResponse> response = co_await next_response();
      context_.guest.leave_row();
      if (!response) break;
      co_await send(std::move(*response));
      if (!parser_.done()) break;  // the rest of its body would be read as the next request
      rest_ = parser_.take_rest();
      if (!rest_.empty()) co_await give_way();  // pipelined: not one peer's requests in a row
    }
    co_await linger();
  }

 private:
  [[nodiscard]] ParserLimits parser_limits() const {
    return {context_.limits.head_bytes, context_.limits.head_fields};
  }

  /// The answer to the next request, or nothing when the peer is gone or silent.
  Task<std::optional<HttpResponse>> next_response() {
    const auto head = co_await read_head();
    if (!head) co_return std::nullopt;
    if (*head) co_return bad_request(refuse(**head));
    auto request = understand();
    if (auto* refused = std::get_if<HttpResponse>(&request)) co_return bad_request(std::move(*refused));
    auto& asked = std::get<HttpRequest>(request);

    auto matched = context_.router.match(asked);
    if (auto* answer = std::get_if<HttpResponse>(&matched)) {
      // Before the body was read; a body on its way ends the connection.
      if (!parser_.head().has_body) (void)parser_.set_body_limit(0);
      co_return std::move(*answer);
    }
    auto& route = std::get<Router::Match>(matched);
    auto limited = parser_.set_body_limit(route.body_limit);
    if (!limited) co_return bad_request(refuse(limited.error()));
    auto body = co_await read_body();
    if (!body) co_return std::nullopt;
    if (*body) co_return bad_request(refuse(**body));
    asked.body = parser_.take_body();
    asked.params = std::move(route.params);
    ++context_.counters.requests;
    context_.guest.leave_row();
    co_return co_await call(*route.handler, route.pattern, std::move(asked));
  }

  /// Outer nothing: end of connection. Inner nothing: it is there.
  using Reading = std::optional<std::optional<ParseError>>;

  Task<Reading> read_head() {
    BootTime deadline = context_.timers.now() + context_.limits.idle_time;
    if (!rest_.empty()) {
      deadline = context_.timers.now() + context_.limits.head_time;
      if (auto fed = parser_.feed(std::exchange(rest_, {})); !fed) co_return Reading(fed.error());
    }
    while (!parser_.head_done()) {
      const bool first = !parser_.started();
      const auto more = co_await read_more(deadline);
      if (!more || *more) co_return more;
      if (first) deadline = context_.timers.now() + context_.limits.head_time;
    }
    co_return Reading(std::in_place, std::nullopt);
  }

  Task<Reading> read_body() {
    const BootTime deadline = context_.timers.now() + context_.limits.body_time;
    if (parser_.head().expects_continue && !parser_.done()) {
      std::uint64_t sent = 0;
      const auto put = co_await link_->write("HTTP/1.1 100 Continue\r\n\r\n",
                                             {context_.limits.stall_time, deadline}, Link::Flush::now, sent);
      if (!put) co_return std::nullopt;
    }
    while (!parser_.done()) {
      const auto more = co_await read_more(deadline);
      if (!more || *more) co_return more;
    }
    co_return Reading(std::in_place, std::nullopt);
  }

  Task<Reading> read_more(BootTime deadline) {
    const auto got = co_await link_->read_some(buffer_, deadline);
    if (!got) {
      if (got.error() == LinkError::timed_out) {
        ++context_.counters.timeouts;
        context_.log.debug("http.timeout", "A peer was too slow; connection closed",
                           {{"server", context_.name}, {"started", parser_.started()}});
      }
      co_return std::nullopt;
    }
    if (*got == 0) {
      peer_ended_ = true;
      co_return std::nullopt;
    }
    if (auto fed = parser_.feed({buffer_.data(), *got}); !fed) co_return Reading(fed.error());
    co_return Reading(std::in_place, std::nullopt);
  }

  std::variant<HttpRequest, HttpResponse> understand() {
    const RequestHead& head = parser_.head();
    close_ = close_ || !head.keep_alive;
    if (head.expects_other) {
      return error_response(Status::expectation_failed, "http.expectation",
                            "Only 100-continue is understood");
    }
    auto target = parse_target(head.target);
    if (!target) {
      const Status status =
          target.error() == TargetError::too_long ? Status::uri_too_long : Status::bad_request;
      return error_response(status, "http.bad_target", "The request target was not understood",
                            name(target.error()));
    }
    HttpRequest request;
    request.method = head.method;
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    request.headers = head.headers;
    request.peer = peer_;
    return request;
  }

  HttpResponse bad_request(HttpResponse response) {
    ++context_.counters.bad_requests;
    close_ = true;
    return response;
  }

  /// A handler that throws is our bug; it costs this request, not the machines that are booting. The log gets
  /// the route's pattern: a path may hold a token.
  Task<HttpResponse> call(const Handler& handler, std::string_view pattern, HttpRequest request) {
    std::string what;
    try {
      co_return co_await handler(std::move(request));
    } catch (const boost::system::system_error& error) {
      if (error.code() == boost::asio::error::operation_aborted) throw;
      what = error.what();
    } catch (const std::exception& error) {
      what = error.what();
    }
    context_.log.error("http.handler_failed", "A handler threw: a bug",
                       {{"server", context_.name}, {"route", pattern}, {"what", what}});
    co_return error_response(Status::internal_error, "internal", "Our own fault; it is in the log");
  }

  Task<> send(HttpResponse response) {
    const bool body_unread = !parser_.done();
    const RequestHead* asked = parser_.head_done() ? &parser_.head() : nullptr;
    const ResponsePlan plan =
        plan_response(asked, response, close_ || body_unread, context_.timers.utc_now());
    std::uint64_t sent = 0;
    const bool written = co_await write_guarded(response, plan, sent);
    context_.counters.body_bytes += sent;
    open_ = written && !plan.close;
    if (!response.on_delivered) co_return;
    Delivery delivery{plan.first, sent, plan.size, false};
    if (plan.framing == Framing::chunked || plan.framing == Framing::close) delivery.size = sent;
    // Neither HEAD nor 304 nor 416 delivers anything of what the handler made.
    if (written && plan.framing != Framing::none && response.status != Status::range_not_satisfiable) {
      const auto limit = context_.limits.acknowledge_time;
      delivery.acknowledged = co_await link_->acknowledged({limit, budget(plan.length).end + limit});
    }
    co_await response.on_delivered(delivery);
  }

  [[nodiscard]] WriteBudget budget(std::uint64_t bytes) const {
    const auto seconds =
        std::chrono::seconds(bytes / std::max<std::uint64_t>(context_.limits.slowest_rate, 1));
    return {context_.limits.stall_time, context_.timers.now() + context_.limits.stall_time + seconds};
  }

  /// A stream that throws is a handler that throws: the connection ends, and on_delivered is still called.
  Task<bool> write_guarded(const HttpResponse& response, const ResponsePlan& plan, std::uint64_t& sent) {
    std::string what;
    try {
      co_return co_await write_response(response, plan, sent);
    } catch (const boost::system::system_error& error) {
      if (error.code() == boost::asio::error::operation_aborted) throw;
      what = error.what();
    } catch (const std::exception& error) {
      what = error.what();
    }
    context_.log.error("http.handler_failed", "A handler's stream threw: a bug",
                       {{"server", context_.name}, {"what", what}});
    co_return false;
  }

  /// True when every byte went to the kernel; `sent` counts those of the body.
  Task<bool> write_response(const HttpResponse& response, const ResponsePlan& plan, std::uint64_t& sent) {
    const WriteBudget limit = budget(plan.length);
    std::uint64_t head_sent = 0;
    if (plan.framing == Framing::chunked || plan.framing == Framing::close) {
      const auto head = co_await link_->write(plan.head, limit, Link::Flush::now, head_sent);
      co_return head&& co_await write_stream(std::get<StreamBody>(response.body), plan.framing, sent);
    }
    const bool has_body = plan.framing == Framing::length && plan.length > 0;
    if (const auto* file = std::get_if<FileBody>(&response.body); file != nullptr && has_body) {
      const auto head = co_await link_->write(plan.head, limit, Link::Flush::more, head_sent);
      if (!head) co_return false;
      const auto put = co_await link_->write_file(file->file->get(), plan.first, plan.length, limit, sent);
      co_return put.has_value();
    }
    std::string_view body;
    if (has_body) body = stored_text(response.body).substr(plan.first, plan.length);
    if (body.size() <= small_body) {
      std::string all = plan.head;
      all.append(body);
      const auto put = co_await link_->write(all, limit, Link::Flush::now, head_sent);
      sent = head_sent - std::min<std::uint64_t>(head_sent, plan.head.size());
      co_return put.has_value();
    }
    const auto head = co_await link_->write(plan.head, limit, Link::Flush::more, head_sent);
    if (!head) co_return false;
    const auto put = co_await link_->write(body, limit, Link::Flush::now, sent);
    co_return put.has_value();
  }

  static std::string_view stored_text(const Body& body) {
    if (const auto* shared = std::get_if<SharedBody>(&body)) return *shared->bytes;
    if (const auto* text = std::get_if<std::string>(&body)) return *text;
    return {};
  }

  Task<bool> write_stream(const StreamBody& stream, Framing framing, std::uint64_t& sent) {
    const WriteBudget limit{context_.limits.stall_time, BootTime::max()};
    const bool chunked = framing == Framing::chunked;
    std::uint64_t raw = 0;
    for (;;) {
      const std::optional<std::string> piece = co_await stream.next();
      if (!piece) break;
      if (piece->empty()) continue;  // an empty chunk would end the body
      std::string framed;
      if (chunked) framed = encode_chunk(*piece);
      const auto put = co_await link_->write(chunked ? framed : *piece, limit, Link::Flush::now, raw);
      if (!put) co_return false;
      sent += piece->size();
    }
    if (!chunked) co_return true;
    const auto end = co_await link_->write("0\r\n\r\n", limit, Link::Flush::now, raw);
    co_return end.has_value();
  }

  /// RFC 9112 section 9.6: closing while the peer still sends would reset the connection and could destroy
  /// the answer on its way. So: our end of stream, then read away what comes, for a short time.
  Task<> linger() {
    link_->shutdown_send();
    if (peer_ended_) co_return;
    const BootTime deadline = context_.timers.now() + context_.limits.linger_time;
    for (;;) {
      const auto got = co_await link_->read_some(buffer_, deadline);
      if (!got || *got == 0) co_return;
    }
  }

  ConnectionContext context_;
  std::unique_ptr<Link> link_;
  Peer peer_;
  RequestParser parser_{parser_limits()};
  std::string rest_;  // read beyond the last request
  std::vector<char> buffer_ = std::vector<char>(read_step);
  bool open_ = true;
  bool close_ = false;
  bool peer_ended_ = false;
};

}  // namespace

Task<> serve_connection(ConnectionContext context, std::unique_ptr<Link> link, Peer peer) {
  Connection connection(context, std::move(link), peer);
  co_await connection.run();
}

}  // namespace colony::core::http
