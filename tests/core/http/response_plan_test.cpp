#include "core/http/response_plan.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::core::http;

namespace {

const UtcTime noon = *parse_utc("2026-11-20T12:00:00Z");

HttpResponse shared(std::string text) {
  HttpResponse response;
  response.body = SharedBody{std::make_shared<const std::string>(std::move(text))};
  static_cast<void>(response.headers.add("ETag", "\"e\""));
  return response;
}

RequestHead asking(Method method, std::initializer_list<std::pair<std::string, std::string>> fields = {}) {
  RequestHead head;
  head.method = method;
  for (const auto& [key, value] : fields) static_cast<void>(head.headers.add(key, value));
  return head;
}

}  // namespace

TEST(ResponsePlan, WritesTheHeadToTheByte) {
  HttpResponse response = text_response(Status::ok, "text/plain", "hello");
  const RequestHead get = asking(Method::get);
  const auto plan = plan_response(&get, response, false, noon);
  EXPECT_EQ(plan.head,
            "HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 12:00:00 GMT\r\nContent-Length: 5\r\n"
            "Connection: keep-alive\r\nContent-Type: text/plain\r\n\r\n");
  EXPECT_EQ(plan.length, 5U);
  EXPECT_FALSE(plan.close);
}

TEST(ResponsePlan, AnswersARange) {
  HttpResponse response = shared("0123456789");
  const RequestHead get = asking(Method::get, {{"Range", "bytes=2-4"}});
  const auto plan = plan_response(&get, response, false, noon);
  EXPECT_EQ(response.status, Status::partial_content);
  EXPECT_EQ(plan.first, 2U);
  EXPECT_EQ(plan.length, 3U);
  EXPECT_EQ(plan.size, 10U);
  EXPECT_NE(plan.head.find("Content-Range: bytes 2-4/10\r\n"), std::string::npos);
  EXPECT_NE(plan.head.find("Content-Length: 3\r\n"), std::string::npos);
}

TEST(ResponsePlan, RefusesARangeBeyondTheEnd) {
  HttpResponse response = shared("0123456789");
  const RequestHead get = asking(Method::get, {{"Range", "bytes=10-"}});
  const auto plan = plan_response(&get, response, false, noon);
  EXPECT_EQ(response.status, Status::range_not_satisfiable);
  EXPECT_NE(plan.head.find("Content-Range: bytes */10\r\n"), std::string::npos);
  EXPECT_EQ(plan.length, 0U);
}

TEST(ResponsePlan, KeepsTheCallOfAnAnswerThatSendsNothing) {
  for (const auto& [key, value] : {std::pair{"Range", "bytes=10-"}, std::pair{"If-None-Match", "*"}}) {
    HttpResponse response = shared("0123456789");
    response.on_delivered = [](Delivery) -> Task<> { co_return; };
    const RequestHead get = asking(Method::get, {{key, value}});
    static_cast<void>(plan_response(&get, response, false, noon));
    EXPECT_TRUE(response.on_delivered) << key;
  }
}

TEST(ResponsePlan, PassesOverARangeOfWhatIsGivenOnlyWhole) {
  for (const auto* range : {"bytes=2-4", "bytes=10-"}) {
    HttpResponse response = shared("0123456789");
    response.whole_only = true;
    const RequestHead get = asking(Method::get, {{"Range", range}});
    const auto plan = plan_response(&get, response, false, noon);
    EXPECT_EQ(response.status, Status::ok);
    EXPECT_EQ(plan.length, 10U);
    EXPECT_EQ(plan.head.find("Accept-Ranges"), std::string::npos);
  }
}

TEST(ResponsePlan, ARangeOfAnotherRepresentationIsTheWhole) {
  HttpResponse response = shared("0123456789");
  const RequestHead get = asking(Method::get, {{"Range", "bytes=2-4"}, {"If-Range", "\"other\""}});
  EXPECT_EQ(plan_response(&get, response, false, noon).length, 10U);
  HttpResponse same = shared("0123456789");
  const RequestHead again = asking(Method::get, {{"Range", "bytes=2-4"}, {"If-Range", "\"e\""}});
  EXPECT_EQ(plan_response(&again, same, false, noon).length, 3U);
}

TEST(ResponsePlan, HeadSaysTheLengthAndSendsNothing) {
  HttpResponse response = shared("0123456789");
  const RequestHead head = asking(Method::head, {{"Range", "bytes=2-4"}});
  const auto plan = plan_response(&head, response, false, noon);
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_EQ(plan.framing, Framing::none);
  EXPECT_NE(plan.head.find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_NE(plan.head.find("Accept-Ranges: bytes\r\n"), std::string::npos);
}

TEST(ResponsePlan, WhoHasItGetsNotModified) {
  for (const auto* known : {"\"e\"", "*", "\"x\", W/\"e\""}) {
    HttpResponse response = shared("0123456789");
    const RequestHead get = asking(Method::get, {{"If-None-Match", known}});
    const auto plan = plan_response(&get, response, false, noon);
    EXPECT_EQ(response.status, Status::not_modified) << known;
    EXPECT_EQ(plan.framing, Framing::none);
    EXPECT_EQ(plan.head.find("Content-Length"), std::string::npos);
  }
}

TEST(ResponsePlan, StreamsAreChunkedOrEndWithTheConnection) {
  HttpResponse response;
  response.body = StreamBody{};
  RequestHead get = asking(Method::get);
  EXPECT_EQ(plan_response(&get, response, false, noon).framing, Framing::chunked);
  get.http_1_0 = true;
  const auto old = plan_response(&get, response, false, noon);
  EXPECT_EQ(old.framing, Framing::close);
  EXPECT_TRUE(old.close);
  EXPECT_EQ(encode_chunk("0123456789abcdef"), "10\r\n0123456789abcdef\r\n");
}

TEST(Headers, RefuseWhatBreaksTheFraming) {
  Headers headers;
  EXPECT_FALSE(headers.add("X", "a\r\nY: b"));
  EXPECT_FALSE(headers.add("X Y", "a"));
  EXPECT_FALSE(headers.add("", "a"));
  EXPECT_TRUE(headers.add("X", "a\tb"));
}
