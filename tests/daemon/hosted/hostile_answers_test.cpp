// The table of hostile hosted answers. Each row puts its bytes on a real socket (or breaks the way there);
// what the exchange makes of it is then what the whole link meets for ten minutes of virtual time, in the
// place of every answer. Of each row the table says: by which name the fault is known, in which mode the link
// is, and how often it may ask meanwhile. For all of them: nothing is lost, nothing is done twice, and it
// recovers by itself.

#include <cstdlib>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "daemon/hosted/curl_exchange.hpp"
#include "tests/daemon/hosted/certificates.hpp"
#include "tests/daemon/hosted/hostile_server.hpp"
#include "tests/daemon/hosted/memory_bench.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace colony::daemon::hosted::test;
using core::http::ClientResponse;
using Peer = HostileServer::Peer;
using Serve = HostileServer::Serve;
using Tls = HostileServer::Tls;

namespace {

constexpr const char* api_key = "cd-0123456789ab_secret-api-key";
constexpr const char* proxy_password = "proxy-secret";
constexpr unsigned most_calls = 90;  // in ten minutes, whatever is answered
// But where polls are good and answered at once (docs/wire/hosted.md): 30 quick ones, one every 10 s, a
// heartbeat a minute. How many of them there are depends on which lane goes first when a back-off ends for
// both: a post that fails again puts the poll off too.
constexpr unsigned most_with_quick_polls = 30 + 60 + 10;

struct Row {
  const char* name;
  Serve serve;
  const char* problem;  // the code that status and log show; empty: it is no fault
  LinkPlan::Mode mode = LinkPlan::Mode::linked;
  unsigned most = most_calls;
  // The way there.
  Tls tls = Tls::none;
  const char* certificate = "good";
  const char* url = "";    // instead of the server's
  const char* proxy = "";  // "%" stands for the server
  const char* no_proxy = "";
  core::Duration time = 3s;
};

// ---- What is said ----

Serve raw(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) { (void)peer.say(bytes); };
}

std::string http(const std::string& status, const std::string& headers, const std::string& body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body);
}

Serve status(const std::string& line, const std::string& headers = "",
             const std::string& body = R"({"error":"no"})") {
  return raw(http(line, "Content-Type: application/json\r\n" + headers, body));
}

/// Everything is answered 200 with this.
Serve body(std::string text, const char* type = "application/json") {
  return raw(http("200 OK", fmt::format("Content-Type: {}\r\n", type), text));
}

/// In front of an endless piece.
Serve flood(std::string head, std::string piece) {
  return [head = std::move(head), piece = std::move(piece)](Peer& peer) {
    bool listens = peer.say(head);
    while (listens) listens = peer.say(piece);
  };
}

/// A gzip member (RFC 1952) that unpacks to so many bytes: one literal, and then "258 times the last one"
/// again and again, in a block of fixed codes (RFC 1951 section 3.2.6).
std::string gzip_bomb(std::size_t bytes) {
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  unsigned held = 0;
  unsigned count = 0;
  const auto bits = [&](std::string_view code) {
    for (const char bit : code) {
      held |= static_cast<unsigned>(bit == '1') << count;
      if (++count < 8) continue;
      out += static_cast<char>(held);
      held = count = 0;
    }
  };
  bits("1");         // the last block
  bits("10");        // fixed codes
  bits("10010001");  // 'a'
  for (std::size_t made = 1; made < bytes; made += 258) bits("1100010100000");
  bits("0000000");  // its end
  bits("0000000");
  return out + std::string(8, '\0');
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string many(std::size_t values) {
  std::string text = R"({"operations":[1)";
  for (std::size_t i = 1; i < values; ++i) text += ",1";
  return text + "]}";
}

Serve reset_at_once() {
  return [](Peer& peer) { peer.reset(); };
}
Serve silence() {
  return [](Peer& peer) { peer.hold(); };
}
Serve drip(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) {
    for (const char c : bytes) {
      if (!peer.say({&c, 1})) return;
      peer.pause();
    }
    peer.hold();
  };
}

const std::string ok_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
const std::string chunked = ok_head + "Transfer-Encoding: chunked\r\n\r\n";

std::vector<Row> table() {
  using enum LinkPlan::Mode;
  const std::string megabyte(std::size_t{1} << 20, 'x');
  return {
      // ---- It says no ----
      {"500", status("500 Internal Server Error"), "hosted.unavailable"},
      {"502WithAPage", raw(http("502 Bad Gateway", "Content-Type: text/html\r\n", "<html>oops</html>")),
       "hosted.unavailable"},
      {"503RetryAfterSeconds", status("503 Service Unavailable", "Retry-After: 120\r\n"),
       "hosted.unavailable", linked, 10},
      {"503WithoutAReason", status("503 Service Unavailable", "", ""), "hosted.unavailable"},
      {"508WithNonsense", status("508 Loop Detected", "", "\x01\x02\x7f\xff"), "hosted.unavailable"},
      {"408", status("408 Request Timeout"), "hosted.unavailable"},
      {"429Seconds", status("429 Too Many Requests", "Retry-After: 60\r\n"), "hosted.rate_limited", linked,
       22},
      {"429ImfDate", status("429 Too Many Requests", "Retry-After: Fri, 20 Nov 2026 18:30:00 GMT\r\n"),
       "hosted.rate_limited", linked, 2},
      {"429Rfc850Date", status("429 Too Many Requests", "Retry-After: Friday, 20-Nov-26 18:30:00 GMT\r\n"),
       "hosted.rate_limited", linked, 2},
      {"429AsctimeDate", status("429 Too Many Requests", "Retry-After: Fri Nov 20 18:30:00 2026\r\n"),
       "hosted.rate_limited", linked, 2},
      {"429WithoutRetryAfter", status("429 Too Many Requests"), "hosted.rate_limited", linked, 42},
      {"429RetryAfterSoon", status("429 Too Many Requests", "Retry-After: soon\r\n"), "hosted.rate_limited",
       linked, 42},
      {"429RetryAfterNegative", status("429 Too Many Requests", "Retry-After: -5\r\n"), "hosted.rate_limited",
       linked, 42},
      {"429RetryAfterPastDate",
       status("429 Too Many Requests", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
       "hosted.rate_limited"},
      {"429RetryAfterHuge", status("429 Too Many Requests", "Retry-After: 99999999999999999999\r\n"),
       "hosted.rate_limited", linked, 2},
      {"429RetryAfterTwice", status("429 Too Many Requests", "Retry-After: 60\r\nRetry-After: 61\r\n"),
       "hosted.rate_limited", linked, 22},
      {"401", status("401 Unauthorized"), "hosted.key_refused", locked_out, 3},
      {"403", status("403 Forbidden"), "hosted.key_refused", locked_out, 3},
      {"404", status("404 Not Found"), "hosted.agent_unknown", unregistered, 6},
      {"405", status("405 Method Not Allowed"), "hosted.agent_unknown", unregistered, 6},
      {"409", status("409 Conflict"), "hosted.conflict"},
      {"400", status("400 Bad Request"), "hosted.refused"},
      {"413", status("413 Content Too Large"), "hosted.refused"},
      {"418", status("418 I'm a teapot"), "hosted.refused"},
      // ---- It sends us elsewhere ----
      {"RedirectOnTheSameHost", status("302 Found", "Location: /login\r\n"), "hosted.redirected"},
      {"RedirectToAnotherHost", status("301 Moved Permanently", "Location: http://127.0.0.2:1/api/v1\r\n"),
       "hosted.redirected"},
      {"RedirectLoop", status("307 Temporary Redirect", "Location: /api/v1/agents\r\n"), "hosted.redirected"},
      {"RedirectToAFile", status("302 Found", "Location: file:///etc/shadow\r\n"), "hosted.redirected"},
      {"RedirectWithoutAPlace", status("300 Multiple Choices"), "hosted.redirected"},
      {"NotModified", raw("HTTP/1.1 304 Not Modified\r\n\r\n"), "hosted.redirected"},
      // ---- It says yes and means something else ----
      {"EmptyBody", body(""), "hosted.answer"},
      {"LoginPage", body("<!DOCTYPE html><html>log in</html>", "text/html; charset=utf-8"),
       "hosted.not_the_api"},
      {"PageWithoutAType", raw(http("200 OK", "", "\n <html></html>")), "hosted.not_the_api"},
      {"PlainText", body("OK", "text/plain"), "hosted.answer"},
      {"InvalidJson", body(R"({"acked_seq":)"), "hosted.answer"},
      {"DeepJson", body(nested(100'000)), "hosted.answer"},
      {"ManyValues", body(many(300'000)), "hosted.answer"},
      {"MoreThanFourMegabytes", body(std::string(5 << 20, ' ')), "http.body_too_large"},
      {"OnlyUnknownFields", body(R"({"moon":"full","n":1})"), "hosted.answer"},
      {"HugeNumber", body(R"({"acked_seq":1e400,"operations":[{"seq":1e400}]})"), "hosted.answer"},
      {"NumberBeyondInt64", body(R"({"acked_seq":18446744073709551615,"operations":[]})"), "hosted.answer",
       LinkPlan::Mode::linked, most_with_quick_polls},
      {"NegativeNumber", body(R"({"acked_seq":-1,"operations":[]})"), "hosted.answer", LinkPlan::Mode::linked,
       most_with_quick_polls},
      {"Fraction", body(R"({"acked_seq":1.5,"operations":[]})"), "hosted.answer", LinkPlan::Mode::linked,
       most_with_quick_polls},
      {"WrongTypes", body(R"({"acked_seq":"12","operations":{},"data":7})"), "hosted.answer"},
      {"NotANumber", body(R"({"acked_seq":NaN})"), "hosted.answer"},
      {"Null", body("null"), "hosted.answer"},
      {"AList", body("[]"), "hosted.answer"},
      {"AString", body(R"("ok")"), "hosted.answer"},
      {"ByteOrderMark", body("\xef\xbb\xbf{\"acked_seq\":"), "hosted.answer"},
      {"InvalidUtf8", body("{\"acked_seq\":\"\xff\xfe\"}"), "hosted.answer"},
      {"NulBytes", body(std::string(64, '\0')), "hosted.answer"},
      {"GzipBomb",
       raw(http("200 OK", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                gzip_bomb(std::size_t{64} << 20))),
       "hosted.answer"},
      {"DeflateGarbage",
       raw(http("200 OK", "Content-Encoding: deflate\r\n", "\x78\x9c\xff\xff\xff\xff garbage")),
       "hosted.answer"},
      {"UnknownEncoding", raw(http("200 OK", "Content-Encoding: br, x-unheard-of\r\n", "????")),
       "hosted.answer"},
      // ---- It does not speak HTTP properly ----
      {"ClosedWithoutAWord", raw(""), "http.closed"},
      {"Reset", reset_at_once(), "http.closed"},
      {"HalfAStatusLine", raw("HTTP/1.1 20"), "http.closed"},
      {"TruncatedHead", raw("HTTP/1.1 200 OK\r\nContent-Le"), "hosted.answer"},
      {"ShortBody", raw(ok_head + "Content-Length: 100\r\n\r\n{\"acked_seq\":1}"), "http.closed"},
      {"LongBody", raw(ok_head + "Content-Length: 5\r\n\r\n{\"acked_seq\":1}"), "hosted.answer"},
      {"TwoLengths", raw(ok_head + "Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"), "http.closed"},
      {"NegativeLength", raw(ok_head + "Content-Length: -1\r\n\r\n{}"), "http.response"},
      {"HugeLength", raw(ok_head + "Content-Length: 99999999999999999999999\r\n\r\n{}"), "hosted.answer"},
      {"ChunkSizeIsNoNumber", raw(chunked + "zz\r\n{}\r\n0\r\n\r\n"), "http.response"},
      {"ChunkSizeOverflows", raw(chunked + "ffffffffffffffffffff\r\n{}\r\n0\r\n\r\n"), "http.response"},
      {"ChunksEndEarly", raw(chunked + "40\r\n{\"acked_seq\":1"), "http.closed"},
      {"ChunksWithoutEnd", flood(chunked, "4000\r\n" + std::string(0x4000, ' ') + "\r\n"),
       "http.body_too_large"},
      {"Http09", raw("{\"acked_seq\":1}"), "http.response"},
      {"AnotherProtocol", raw("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "http.response"},
      {"BinaryNoise", raw(std::string("\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80", 15)),
       "http.response"},
      {"SwitchesProtocols", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), "http.closed"},
      {"StatusOutOfRange", raw("HTTP/1.1 999 Whatever\r\nContent-Length: 0\r\n\r\n"), "hosted.unavailable"},
      {"ThousandHeaders",
       [](Peer& peer) {
         std::string head = ok_head;
         for (int i = 0; i < 1000; ++i) head += fmt::format("X-{}: {}\r\n", i, i);
         (void)peer.say(head + "Content-Length: 2\r\n\r\n{}");
       },
       "http.head_too_large"},
      {"HeaderLineOfAMegabyte", raw(ok_head + "X: " + megabyte + "\r\n\r\n"), "http.head_too_large"},
      {"HeaderLineWithoutEnd", flood(ok_head + "X: ", std::string(0x10000, 'x')), "http.head_too_large"},
      {"InterimAnswersWithoutEnd", flood("", "HTTP/1.1 100 Continue\r\n\r\n"), "http.head_too_large"},
      {"Silence", silence(), "http.timeout", linked, most_calls, Tls::none, "good", "", "", "", 300ms},
      {"AByteNowAndThen", drip(http("200 OK", "", "{\"acked_seq\":1}")), "http.timeout", linked, most_calls,
       Tls::none, "good", "", "", "", 400ms},
      // ---- The way there ----
      {"Refused", silence(), "http.connect", linked, most_calls, Tls::none, "good", "http://127.0.0.1:1"},
      {"NameThatDoesNotExist", silence(), "hosted.dns", linked, most_calls, Tls::none, "good",
       "http://a-label-of-more-than-sixty-three-characters-is-not-a-name-that-any-server-knows.invalid"},
      {"ProxyRefuses", status("403 Forbidden"), "hosted.proxy", linked, most_calls, Tls::none, "good",
       "https://colony.invalid", "http://user:proxy-secret@127.0.0.1:%"},
      {"ProxyWantsAnotherPassword",
       status("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=x\r\n"), "hosted.proxy",
       linked, most_calls, Tls::none, "good", "https://colony.invalid",
       "http://user:proxy-secret@127.0.0.1:%"},
      {"ProxyWithoutAName", silence(), "hosted.proxy", linked, most_calls, Tls::none, "good",
       "https://colony.invalid",
       "http://"
       "user:proxy-secret@a-label-of-more-than-sixty-three-characters-is-not-a-name-that-any-server-knows."
       "invalid:3128"},
      {"ProxyOfAnUnknownKind", silence(), "hosted.proxy", linked, most_calls, Tls::none, "good",
       "https://colony.invalid", "gopher://user:proxy-secret@127.0.0.1:%"},
      {"NoProxyGoesDirectly", status("503 Service Unavailable"), "hosted.unavailable", linked, most_calls,
       Tls::none, "good", "", "http://user:proxy-secret@127.0.0.1:1", "127.0.0.1"},
      {"ProxyOfPlainHttp", status("500 From The Proxy"), "hosted.unavailable", linked, most_calls, Tls::none,
       "good", "http://colony.invalid", "http://user:proxy-secret@127.0.0.1:%"},
      // ---- Who it is ----
      {"CertificateExpired", silence(), "hosted.tls_expired", linked, most_calls, Tls::today, "expired"},
      {"CertificateNotYetValid", silence(), "hosted.tls_not_yet_valid", linked, most_calls, Tls::today,
       "future"},
      {"CertificateOfAnotherHost", silence(), "hosted.tls_wrong_host", linked, most_calls, Tls::today,
       "elsewhere"},
      {"CertificateOfAnUnknownAuthority", silence(), "hosted.tls_unknown_ca", linked, most_calls, Tls::today,
       "foreign"},
      {"CertificateSignedByItself", silence(), "hosted.tls_self_signed", linked, most_calls, Tls::today,
       "alone"},
      {"OldTlsOnly", silence(), "hosted.tls_protocol", linked, most_calls, Tls::only_1_1, "good"},
      {"NoTlsAtAll", status("200 OK"), "hosted.tls_none", linked, most_calls, Tls::none, "good",
       "https://127.0.0.1:%"},
      {"ClosedInTheHandshake", raw(""), "hosted.tls", linked, most_calls, Tls::none, "good",
       "https://127.0.0.1:%"},
      {"TlsThenTruncated", raw(ok_head + "Content-Length: 100\r\n\r\n{"), "http.closed", linked, most_calls,
       Tls::today, "good"},
  };
}

std::string with_port(std::string text, unsigned port) {
  if (const auto at = text.find('%'); at != std::string::npos) text.replace(at, 1, std::to_string(port));
  return text;
}

/// For the time of one exchange.
class Environment {
 public:
  Environment(const std::string& proxy, const char* no_proxy) {
    for (const auto* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
    if (!proxy.empty()) ::setenv("https_proxy", proxy.c_str(), 1);
    if (!proxy.empty()) ::setenv("http_proxy", proxy.c_str(), 1);
    if (*no_proxy != 0) ::setenv("NO_PROXY", no_proxy, 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const auto* name : {"http_proxy", "https_proxy", "NO_PROXY"}) ::unsetenv(name);
  }
};

const daemon::store::test::TemporaryDirectory& certificates() {
  static const daemon::store::test::TemporaryDirectory directory;
  static const bool made = [] {
    const auto at = [](const char* name) { return directory.file(name); };
    make_certificate({.path = at("ca")});
    make_certificate({.path = at("another-ca")});
    make_certificate({.path = at("good"), .issuer_path = at("ca")});
    make_certificate({.path = at("expired"), .from = -7200, .until = -3600, .issuer_path = at("ca")});
    make_certificate({.path = at("future"), .from = 3600, .until = 7200, .issuer_path = at("ca")});
    make_certificate({.path = at("elsewhere"), .address = "127.0.0.9", .issuer_path = at("ca")});
    make_certificate({.path = at("foreign"), .issuer_path = at("another-ca")});
    make_certificate({.path = at("alone")});
    return true;
  }();
  (void)made;
  return directory;
}

/// The row on a real socket.
MemoryExchange::Answer on_the_wire(const Row& row, std::string& heard) {
  HostileServer server(row.serve, row.tls, certificates().file(row.certificate));
  std::string url = with_port(row.url, server.port());
  if (url.empty())
    url = fmt::format("{}://127.0.0.1:{}", row.tls == Tls::none ? "http" : "https", server.port());
  const Environment environment(with_port(row.proxy, server.port()), row.no_proxy);
  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  core::TaskGroup group(timers);
  auto exchange =
      CurlExchange::open(timers, {.url = url, .ca_file = certificates().file("ca.crt"), .read_key = [] {
                                    return core::Result<core::Secret>(core::Secret(api_key));
                                  }});
  EXPECT_TRUE(exchange);
  MemoryExchange::Answer answer = core::fail(core::ErrorKind::internal, "none", "");
  const auto ask = [](CurlExchange& from, core::BootTime deadline, MemoryExchange::Answer& out) -> Task<> {
    core::http::ClientRequest request;
    request.method = core::http::Method::post;
    request.target = "/agents/a/events";
    request.body = "{}";
    request.body_limit = 4 << 20;
    out = co_await from.exchange(std::move(request), deadline);
  };
  group.spawn("ask", ask(**exchange, timers.now() + row.time, answer));
  while (group.size() != 0) loop.run_one_for(50ms);
  heard = server.heard();
  return answer;
}

class HostileAnswer : public testing::TestWithParam<Row> {};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

std::string test_name(const testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

}  // namespace

TEST_P(HostileAnswer, IsNamedAndNothingIsLost) {
  const Row& row = GetParam();
  std::string heard;
  const auto answer = on_the_wire(row, heard);
  if (answer) {
    EXPECT_LE(answer->body.size(), std::size_t{4} << 20);
    EXPECT_LE(answer->headers.all().size(), 64U);
  }
  // A proxy that is asked for a tunnel does not get the key.
  if (heard.starts_with("CONNECT")) EXPECT_EQ(heard.find(api_key), std::string::npos);

  Bench bench;
  bench.commit_asset(1);
  bench.commit(3);
  bench.run(20s);
  ASSERT_EQ(bench.distinct(), 3U);
  const auto before = bench.exchange.attempts;
  bench.exchange.instead = [&answer](const core::http::ClientRequest&) { return std::optional(answer); };
  bench.commit_asset(2);
  bench.commit(20);
  (void)bench.order("wipe");
  bench.run(10min);
  const auto status = bench.link->status();
  EXPECT_EQ(status.problem, row.problem) << status.reason;
  EXPECT_EQ(name(status.mode), name(row.mode));
  EXPECT_LE(bench.exchange.attempts - before, row.most);
  EXPECT_GE(bench.exchange.attempts - before, 1U);
  EXPECT_EQ(bench.distinct(), 3U);
  for (const auto& line : bench.log_lines) {
    EXPECT_EQ(line.find(api_key), std::string::npos) << line;
    EXPECT_EQ(line.find(proxy_password), std::string::npos) << line;
  }
  EXPECT_EQ(status.reason.find(proxy_password), std::string::npos);

  // And then it is over.
  bench.exchange.instead = {};
  bench.run(70min);
  EXPECT_EQ(bench.distinct(), bench.journal->marks().last_event.value);
  EXPECT_GE(bench.distinct(), 24U) << "twenty, and what became of the order";
  EXPECT_EQ(bench.sink.taken.size(), 1U) << "done once";
  EXPECT_EQ(bench.agent()["assets"].size(), 2U);
  EXPECT_EQ(bench.link->status().problem, "");
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::linked);
  EXPECT_FALSE(bench.agent()["event_posts"].contains("contradicting"));
  EXPECT_FALSE(bench.agent()["event_posts"].contains("out_of_order"));
}

INSTANTIATE_TEST_SUITE_P(Table, HostileAnswer, testing::ValuesIn(table()), test_name);

TEST(HostileAnswers, AreAtLeastSixtyAndCostNoMemory) {
  EXPECT_GE(table().size(), 60U);
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  std::string heard;
  for (const auto& row : table()) {
    if (std::string_view(row.name).find("WithoutEnd") != std::string_view::npos)
      (void)on_the_wire(row, heard);
  }
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  // AddressSanitizer keeps what was freed, up to 256 MiB of it.
#if __has_feature(address_sanitizer)
  constexpr long most = 320 * 1024;
#else
  constexpr long most = 48 * 1024;
#endif
  EXPECT_LE(after.ru_maxrss - before.ru_maxrss, most) << "KiB";
}

// ---- Orders that make no sense ----

namespace {

struct OrderRow {
  const char* name;
  std::vector<std::string> lists;  // what polls are answered with, one after the other; then nothing new
  std::vector<std::string> taken;  // ids, in order
  const char* told;                // a log event, or ""
};

std::string list(const std::string& entries) {
  return R"({"operations":[)" + entries + "]}";
}
std::string order(int seq, const std::string& id, int generation = 1,
                  const std::string& more = R"("body":{})") {
  return fmt::format(R"({{"seq":{},"id":"{}","generation":{},"type":"wipe","target":"web-1",{}}})", seq + 10,
                     id, generation, more);
}

const std::vector<OrderRow> orders{
    {"SameAgain", {list(order(1, "a")), list(order(1, "a")), list(order(1, "a"))}, {"a"}, ""},
    {"SameIdAnotherNumber", {list(order(1, "a")), list(order(2, "a")), list(order(3, "a"))}, {"a"}, ""},
    {"SameIdAnotherBody",
     {list(order(1, "a")), list(order(2, "a", 1, R"("body":{"disks":["everything"]})"))},
     {"a"},
     ""},
    {"TwiceInOneList", {list(order(1, "a") + "," + order(1, "a") + "," + order(2, "a"))}, {"a"}, ""},
    {"LowerGeneration", {list(order(1, "a", 5)), list(order(2, "a", 4))}, {"a"}, ""},
    {"HigherGeneration", {list(order(1, "a", 1)), list(order(2, "a", 2))}, {"a", "a"}, ""},
    {"OutOfOrder", {list(order(3, "c") + "," + order(1, "a") + "," + order(2, "b"))}, {"a", "b", "c"}, ""},
    {"LateBelowTheCursor", {list(order(5, "e")), list(order(2, "b"))}, {"e"}, ""},
    {"NumberThatHidesTheRest",
     {list(order(1, "a") + R"(,{"seq":9223372036854775807,"id":"","type":"wipe"})"), list(order(2, "b"))},
     {"a", "b"},
     "hosted.unusable_operations"},
    {"ListOfRubbish",
     {R"({"operations":[1,null,"x",[],{"seq":"1"},{"id":7}]})", list(order(1, "a"))},
     {"a"},
     "hosted.unusable_operations"},
    {"DuplicateMembers",
     {R"({"operations":[{"seq":1,"seq":2,"id":"x","id":"a","type":"wipe","target":"web-1"}]})"},
     {"a"},
     ""},
    {"IdWithBlanks", {list(order(1, "a b")), list(order(2, "c"))}, {"c"}, "hosted.unusable_operations"},
    {"RestoredWithoutTheOrder",
     {list(order(7, "a")), R"({"operations":[],"last_seq":3})", list(order(1, "old") + "," + order(7, "a"))},
     {"a", "old"},
     "hosted.orders_reset"},
};

void PrintTo(const OrderRow& row, std::ostream* out) {
  *out << row.name;
}

class HostileOrder : public testing::TestWithParam<OrderRow> {};

}  // namespace

TEST_P(HostileOrder, IsDoneOnceOrNotAtAll) {
  const OrderRow& row = GetParam();
  Bench bench;
  bench.run(20s);
  std::size_t next = 0;
  bench.exchange.instead =
      [&](const core::http::ClientRequest& request) -> std::optional<MemoryExchange::Answer> {
    if (request.target.find("/operations?") == std::string::npos) return std::nullopt;
    ClientResponse response;
    response.body = next < row.lists.size() ? row.lists[next++] : R"({"operations":[]})";
    return response;
  };
  (void)bench.order("wake");  // ends the poll that is held
  bench.run(10min);
  std::vector<std::string> taken;
  for (const auto& operation : bench.sink.taken) {
    if (operation.type == "wipe") taken.push_back(operation.id);
  }
  EXPECT_EQ(next, row.lists.size());
  EXPECT_EQ(taken, row.taken);
  if (*row.told != 0) EXPECT_GE(bench.logged(row.told), 1U);
  EXPECT_LE(bench.exchange.attempts, 160U) << "no spin";
}

INSTANTIATE_TEST_SUITE_P(Table, HostileOrder, testing::ValuesIn(orders),
                         [](const testing::TestParamInfo<OrderRow>& info) {
                           return std::string(info.param.name);
                         });
