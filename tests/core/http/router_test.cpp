#include "core/http/router.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/http/exchange.hpp"

using namespace colony::core;
using namespace colony::core::http;
using namespace std::chrono_literals;

namespace {

Handler answer(std::string text) {
  return [text](HttpRequest request) -> Task<HttpResponse> {
    return [](std::string body, HttpRequest asked) -> Task<HttpResponse> {
      for (const auto& [key, value] : asked.params) body.append(" ").append(key).append("=").append(value);
      co_return text_response(Status::ok, "text/plain", body);
    }(text, std::move(request));
  };
}

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T00:00:00Z")};
  TaskGroup group{timers};
  Router router;
  RouterExchange exchange{router, TcpPeer{}};

  ClientResponse ask(Method method, std::string target, std::string body = {}) {
    ClientRequest request;
    request.method = method;
    request.target = std::move(target);
    request.body = std::move(body);
    std::optional<Result<ClientResponse>> out;
    const auto run = [](Bench& b, ClientRequest r, std::optional<Result<ClientResponse>>& o) -> Task<> {
      o = co_await b.exchange.exchange(std::move(r), b.timers.now() + 1s);
    };
    group.spawn("ask", run(*this, std::move(request), out));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
    return out && *out ? std::move(**out) : ClientResponse{Status{}, {}, {}, 0};
  }
};

}  // namespace

TEST(Router, PrefersLiteralsThenParametersThenTails) {
  Bench bench;
  bench.router.add(Method::get, "/files/{path...}", answer("tail"));
  bench.router.add(Method::get, "/{what}/{id}", answer("two"));
  bench.router.add(Method::get, "/assets/{id}", answer("asset"));
  bench.router.add(Method::get, "/assets/new", answer("new"));
  EXPECT_EQ(bench.ask(Method::get, "/assets/new").body, "new");
  EXPECT_EQ(bench.ask(Method::get, "/assets/7").body, "asset id=7");
  EXPECT_EQ(bench.ask(Method::get, "/x/7").body, "two id=7 what=x");
  EXPECT_EQ(bench.ask(Method::get, "/files/a/b/c").body, "tail path=a/b/c");
  EXPECT_EQ(bench.ask(Method::head, "/assets/7").status, Status::ok);
}

TEST(Router, SaysWhichMethodsAPathTakes) {
  Bench bench;
  bench.router.add(Method::get, "/assets/{id}", answer(""));
  bench.router.add(Method::del, "/assets/{id}", answer(""));
  const auto response = bench.ask(Method::post, "/assets/7");
  EXPECT_EQ(response.status, Status::method_not_allowed);
  EXPECT_EQ(response.headers.find("Allow"), "GET, DELETE");
  EXPECT_EQ(
      response.body,
      R"({"code":"HTTP_METHOD_NOT_ALLOWED","details":"allowed: GET, DELETE","error":"This path takes other methods"})");
  for (const auto* path : {"/", "/assets", "/assets/", "/assets/7/x", "//assets/7"}) {
    EXPECT_EQ(bench.ask(Method::get, path).status, Status::not_found) << path;
  }
}

TEST(Router, AGateAnswersInsteadOfTheHandler) {
  Bench bench;
  bool ready = false;
  bench.router.add(Method::get, "/x", answer("x"));
  bench.router.add_gate([&ready](const HttpRequest&) -> std::optional<HttpResponse> {
    if (ready) return std::nullopt;
    return error_response(Status::unavailable, "not_ready", "Starting");
  });
  EXPECT_EQ(bench.ask(Method::get, "/x").status, Status::unavailable);
  ready = true;
  EXPECT_EQ(bench.ask(Method::get, "/x").body, "x");
}

TEST(Router, BoundsTheBodyPerRoute) {
  Bench bench;
  bench.router.add(Method::post, "/x", answer("x"), {.body_limit = 4});
  EXPECT_EQ(bench.ask(Method::post, "/x", "1234").status, Status::ok);
  EXPECT_EQ(bench.ask(Method::post, "/x", "12345").status, Status::content_too_large);
}
