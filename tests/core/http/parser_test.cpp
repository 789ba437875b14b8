#include "core/http/parser.hpp"

#include <chrono>
#include <cstdio>

#include <gtest/gtest.h>

using namespace colony::core::http;

namespace {

const std::string golden =
    "POST /scout/v1/hello?x=1 HTTP/1.1\r\nHost: 10.1.1.5:8080\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhello";

std::expected<RequestParser, ParseError> parse(std::string_view text, std::size_t body_limit = 1024) {
  RequestParser parser({});
  if (auto fed = parser.feed(text); !fed) return std::unexpected(fed.error());
  if (!parser.head_done()) return parser;
  if (auto set = parser.set_body_limit(body_limit); !set) return std::unexpected(set.error());
  return parser;
}

ParseError refusal(std::string_view text) {
  auto parser = parse(text);
  EXPECT_FALSE(parser) << text;
  return parser ? ParseError::syntax : parser.error();
}

}  // namespace

TEST(RequestParser, ReadsHeadAndBody) {
  auto parser = parse(golden);
  ASSERT_TRUE(parser);
  ASSERT_TRUE(parser->done());
  EXPECT_EQ(parser->head().method, Method::post);
  EXPECT_EQ(parser->head().target, "/scout/v1/hello?x=1");
  EXPECT_EQ(parser->head().headers.find("x-a"), "b");
  EXPECT_TRUE(parser->head().keep_alive);
  EXPECT_TRUE(parser->head().has_body);
  EXPECT_EQ(parser->take_body(), "hello");
  EXPECT_EQ(parser->take_rest(), "");
}

TEST(RequestParser, EveryPrefixOnlyWaitsForMore) {
  for (std::size_t length = 0; length < golden.size(); ++length) {
    auto parser = parse(std::string_view(golden).substr(0, length));
    ASSERT_TRUE(parser) << length;
    EXPECT_FALSE(parser->done()) << length;
  }
}

TEST(RequestParser, ByteByByteIsTheSame) {
  RequestParser parser({});
  bool limited = false;
  for (const char c : golden) {
    ASSERT_TRUE(parser.feed({&c, 1}));
    if (!parser.head_done() || limited) continue;
    limited = true;
    ASSERT_TRUE(parser.set_body_limit(5));
  }
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.take_body(), "hello");
}

TEST(RequestParser, KeepsWhatFollowsForTheNextRequest) {
  auto parser = parse(golden + "GET / HTTP/1.1\r\n");
  ASSERT_TRUE(parser);
  EXPECT_TRUE(parser->done());
  EXPECT_EQ(parser->take_rest(), "GET / HTTP/1.1\r\n");
}

TEST(RequestParser, ReadsChunksAndIgnoresTrailers) {
  auto parser = parse(
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-T: "
      "1\r\n\r\n");
  ASSERT_TRUE(parser);
  ASSERT_TRUE(parser->done());
  EXPECT_EQ(parser->take_body(), "abcde");
  EXPECT_FALSE(parser->head().headers.find("X-T"));
}

namespace {

const std::string chunked_head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string in_chunks(std::size_t bytes, std::size_t each) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", each);
  const std::string chunk = size + std::string(each, 'x') + "\r\n";
  std::string all;
  for (std::size_t i = 0; i < bytes; i += each) all += chunk;
  return all;
}

}  // namespace

TEST(RequestParser, RefusesABodyThatIsMostlyFraming) {
  const auto mostly_framing = parse(chunked_head + in_chunks(2000, 1), 1 << 20);
  ASSERT_FALSE(mostly_framing);
  EXPECT_EQ(mostly_framing.error(), ParseError::chunks);
  EXPECT_EQ(refusal(chunked_head + "1;" + std::string(5000, 'e') + "\r\nx\r\n"), ParseError::chunks);
  EXPECT_TRUE(parse(chunked_head + in_chunks(500, 1) + "0\r\n\r\n")) << "a few small ones are no harm";
}

TEST(RequestParser, ReadsABodyInManyChunksInLinearTime) {
  constexpr std::size_t bytes = 4 << 20;
  const auto begun = std::chrono::steady_clock::now();
  auto parser = parse(chunked_head + in_chunks(bytes, 16) + "0\r\n\r\n", bytes);
  ASSERT_TRUE(parser);
  EXPECT_TRUE(parser->done());
  EXPECT_EQ(parser->take_body().size(), bytes);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(RequestParser, RefusesTwoReadingsOfALength) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const std::string fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: -1\r\n", "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: xchunked\r\n"}) {
    EXPECT_EQ(refusal(head + fields + "\r\nhello"), ParseError::framing) << fields;
  }
  EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ParseError::framing);
  EXPECT_EQ(refusal(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), ParseError::framing);
}

TEST(RequestParser, WantsExactlyOneHost) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), ParseError::host);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), ParseError::host);
  EXPECT_EQ(refusal("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), ParseError::host);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\n\r\n")->done());
}

TEST(RequestParser, RefusesBadGrammar) {
  for (const std::string text :
       {"GET /\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "\x16\x03\x01\x02"}) {
    const auto parser = parse(text);
    EXPECT_FALSE(parser) << text;
  }
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), ParseError::version);
  EXPECT_EQ(refusal("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), ParseError::method);
  EXPECT_EQ(refusal("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), ParseError::method);
}

TEST(RequestParser, BoundsTheHead) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
            ParseError::head_too_large);
  EXPECT_EQ(refusal("GET /" + std::string(20'000, 'x')), ParseError::head_too_large);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 70; ++i) many += "X: y\r\n";
  EXPECT_EQ(refusal(many + "\r\n"), ParseError::too_many_fields);
}

TEST(RequestParser, BoundsTheBody) {
  EXPECT_EQ(parse(golden, 4).error(), ParseError::body_too_large);
  const std::string chunked =
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n";
  EXPECT_EQ(parse(chunked, 5).error(), ParseError::body_too_large);
  EXPECT_TRUE(parse(chunked, 6)->done());
  // A chunk header that never ends.
  EXPECT_EQ(
      parse("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(20'000, 'x'))
          .error(),
      ParseError::head_too_large);
}

namespace {

struct Collected {
  unsigned status = 0;
  std::string body;
};

std::expected<Collected, ParseError> respond(std::string_view text, ResponseParser::Expect expect, bool eof) {
  ResponseParser parser({}, expect);
  Collected out;
  for (const char c : text) {
    if (parser.done()) break;
    auto fed = parser.feed({&c, 1}, [&out](const ResponseHead& head, std::string_view piece) {
      out.status = code(head.status);
      out.body.append(piece);
    });
    if (!fed) return std::unexpected(fed.error());
  }
  if (eof) {
    if (auto ended = parser.finish(); !ended) return std::unexpected(ended.error());
  }
  EXPECT_TRUE(parser.done());
  out.status = code(parser.head().status);
  return out;
}

}  // namespace

TEST(ResponseParser, ReadsTheThreeFramings) {
  using enum ResponseParser::Expect;
  EXPECT_EQ(respond("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", body, false)->body, "ok");
  EXPECT_EQ(
      respond("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", body, false)->body,
      "no");
  EXPECT_EQ(respond("HTTP/1.1 200 OK\r\n\r\nto the end", body, true)->body, "to the end");
  EXPECT_EQ(respond("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", no_body, false)->status, 200U);
  EXPECT_EQ(respond("HTTP/1.1 204 No Content\r\n\r\n", body, false)->status, 204U);
}

TEST(ResponseParser, NoticesACutBody) {
  using enum ResponseParser::Expect;
  EXPECT_EQ(respond("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", body, true).error(),
            ParseError::truncated);
  EXPECT_EQ(respond("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", body, true).error(),
            ParseError::truncated);
  EXPECT_EQ(respond("HTTP/1.1 20", body, true).error(), ParseError::truncated);
}
