// The door and the routes of keys, as a client over TLS and one at the socket see them.
#include <set>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/http/exchange.hpp"
#include "daemon/api/api_routes.hpp"
#include "daemon/keys/totp.hpp"
#include "tests/daemon/fake_orders.hpp"
#include "tests/daemon/keys/memory_store.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::core::http;
using namespace std::chrono_literals;

namespace {

const TcpPeer remote{Ipv4Address(0x0a000009), 40000};

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T18:00:00Z")};
  TaskGroup group{timers};
  SeededRandom random{1};
  std::string lines;
  Log log{LogLevel::info, LogFormat::text,
          [this](LogLevel, std::string_view line) { lines.append(line).append("\n"); }};
  InlinePool pool;
  daemon::keys::test::MemoryStore store;
  daemon::keys::Access access{{timers, random, log, pool, store}};
  test::FakeOrders orders;
  Router router;

  Bench() {
    run([](Bench& b) -> Task<> { EXPECT_TRUE(co_await b.access.open()); }(*this));
    daemon::api::ApiServices services{timers, log, orders, "0.1.0", {}, {}, {}};
    services.access = &access;
    daemon::api::add_api_routes(router, std::move(services));
  }
  ~Bench() {
    run([](Bench& b) -> Task<> { co_await b.access.stop(); }(*this));
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void run(Task<> task) {
    group.spawn("test", std::move(task));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
  }
  ClientResponse ask(Peer peer, Method method, std::string target, std::string body = {},
                     std::string key = {}, std::string header = "apiKey") {
    ClientRequest request;
    request.method = method;
    request.target = std::move(target);
    request.body = std::move(body);
    if (!key.empty()) EXPECT_TRUE(request.headers.add(header, key));
    std::optional<Result<ClientResponse>> out;
    const auto exchange_it = [](Bench& b, Peer p, ClientRequest r,
                                std::optional<Result<ClientResponse>>& o) -> Task<> {
      RouterExchange exchange(b.router, p);
      o = co_await exchange.exchange(std::move(r), b.timers.now() + 1s);
    };
    run(exchange_it(*this, peer, std::move(request), out));
    return std::move(**out);
  }
  ClientResponse at_socket(Method method, std::string target, std::string body = {}) {
    return ask(UnixPeer{1000, 1000, 7}, method, std::move(target), std::move(body));
  }
  ClientResponse remotely(std::string target, std::string key = {}, Method method = Method::get,
                          std::string body = {}) {
    return ask(remote, method, std::move(target), std::move(body), std::move(key));
  }
  Json make(std::string body) {
    const auto made = at_socket(Method::post, "/api/v1/api-keys", std::move(body));
    EXPECT_EQ(made.status, Status::created) << made.body;
    return Json::parse(made.body);
  }
};

std::string code_of(const ClientResponse& response) {
  return std::to_string(code(response.status)) + " " +
         (response.body.starts_with('{') ? Json::parse(response.body).value("code", "") : "");
}

}  // namespace

TEST(Door, LetsNobodyInWithoutAKeyOverTheNetwork) {
  Bench bench;
  for (const auto& [method, pattern] : bench.router.list()) {
    const auto answer = bench.ask(remote, method, pattern);
    const bool open = pattern == "/healthz" || pattern == "/readyz" ||
                      (pattern == "/api/v1/login" && method == Method::post);
    EXPECT_EQ(answer.status == Status::unauthorized, !open) << name(method) << " " << pattern;
    if (!open) EXPECT_EQ(code_of(answer), "401 API_KEY_MISSING");
  }
  EXPECT_EQ(code_of(bench.remotely("/api/v1/nothing")), "401 API_KEY_MISSING") << "nor tells what there is";
  EXPECT_EQ(bench.remotely("/healthz").status, Status::ok);
}

TEST(Door, HoldsEveryRouteToItsScope) {
  Bench bench;
  const auto rules = daemon::api::route_rules();
  EXPECT_EQ(rules.size(), bench.router.list().size());
  const std::string none = bench.make(R"({"name":"wiper","scopes":["wipe"]})")["key"];
  for (const auto& rule : rules) {
    const auto answer = bench.ask(remote, rule.method, std::string(rule.pattern), "", none);
    const auto need = rule.need;
    const bool refused = need == daemon::api::Need::read || need == daemon::api::Need::operate ||
                         need == daemon::api::Need::admin;
    EXPECT_EQ(code_of(answer) == "403 API_FORBIDDEN" &&
                  answer.body.find("The scope " + std::string(name(need))) != std::string::npos,
              refused)
        << name(rule.method) << " " << rule.pattern << " " << answer.body;
    bench.timers.run_until([] { return false; }, bench.timers.now() + 4s);
  }
}

TEST(Door, KnowsEachHeaderForm) {
  Bench bench;
  const std::string key = bench.make(R"({"name":"ci","scopes":["read"]})")["key"];
  EXPECT_EQ(bench.ask(remote, Method::get, "/api/v1/assets", "", "Bearer " + key, "Authorization").status,
            Status::ok);
  EXPECT_EQ(bench.ask(remote, Method::get, "/api/v1/assets", "", key, "Authorization").status, Status::ok);
  EXPECT_EQ(bench.ask(remote, Method::get, "/api/v1/assets", "", key, "apiKey").status, Status::ok);
}

TEST(Door, AKeyAtTheSocketNarrows) {
  Bench bench;
  const std::string key = bench.make(R"({"name":"ci","scopes":["read"]})")["key"];
  const UnixPeer root{0, 0, 1};
  EXPECT_EQ(bench.ask(root, Method::get, "/api/v1/audit").status, Status::ok);
  EXPECT_EQ(code_of(bench.ask(root, Method::get, "/api/v1/audit", "", key)), "403 API_FORBIDDEN");
  EXPECT_EQ(code_of(bench.ask(root, Method::get, "/api/v1/assets", "", "nonsense")), "401 API_KEY_FORM");
}

TEST(Door, LimitsEachKeyAndSaysWhenToComeBack) {
  Bench bench;
  const std::string key = bench.make(R"({"name":"ci","scopes":["read"]})")["key"];
  const std::string other = bench.make(R"({"name":"other","scopes":["read"]})")["key"];
  for (int i = 0; i < 100; ++i) ASSERT_EQ(bench.remotely("/api/v1/assets", key).status, Status::ok) << i;
  const auto answer = bench.remotely("/api/v1/assets", key);
  EXPECT_EQ(code_of(answer), "429 API_RATE_LIMITED");
  EXPECT_EQ(answer.headers.find("Retry-After"), "60");
  EXPECT_EQ(bench.remotely("/api/v1/assets", other).status, Status::ok);
  bench.timers.run_until([] { return false; }, bench.timers.now() + 61s);
  EXPECT_EQ(bench.remotely("/api/v1/assets", key).status, Status::ok);
}

TEST(Door, LimitsWrongKeysByAddressAndLetsGoodOnesThrough) {
  Bench bench;
  const std::string key = bench.make(R"({"name":"ci","scopes":["read"]})")["key"];
  for (int i = 0; i < 20; ++i) ASSERT_EQ(code_of(bench.remotely("/api/v1/assets", "x")), "401 API_KEY_FORM");
  const auto answer = bench.remotely("/api/v1/assets", "x");
  EXPECT_EQ(code_of(answer), "429 API_TOO_MANY_FAILURES");
  EXPECT_EQ(answer.headers.find("Retry-After"), "3");
  EXPECT_EQ(bench.remotely("/api/v1/assets", key).status, Status::ok);
  EXPECT_EQ(code_of(bench.ask(TcpPeer{Ipv4Address(0x0a00000a), 1}, Method::get, "/api/v1/assets", "", "x")),
            "401 API_KEY_FORM");
}

TEST(Door, NotesWhoDidWhat) {
  Bench bench;
  bench.orders.add_asset("web-1");
  const Json made = bench.make(R"({"name":"ci","scopes":["read"]})");
  const std::string key = made["key"];
  EXPECT_EQ(bench.remotely("/api/v1/assets/web-1/wipe", key, Method::post).status, Status::forbidden);
  EXPECT_EQ(bench.at_socket(Method::post, "/api/v1/assets/web-1/wipe").status, Status::accepted);
  EXPECT_EQ(bench.remotely("/api/v1/assets", key).status, Status::ok);
  const Json audit = Json::parse(bench.at_socket(Method::get, "/api/v1/audit").body)["audit"];
  ASSERT_EQ(audit.size(), 3U) << "looking is not noted";
  EXPECT_EQ(audit[0]["who"], "uid 1000");
  EXPECT_EQ(audit[0]["from"], "socket");
  EXPECT_EQ(audit[0]["act"], "wipe");
  EXPECT_EQ(audit[0]["subject"], "web-1");
  EXPECT_EQ(audit[0]["status"], 202);
  EXPECT_EQ(audit[1]["who"], "key " + made["id"].get<std::string>() + " of local");
  EXPECT_EQ(audit[1]["from"], "10.0.0.9");
  EXPECT_EQ(audit[1]["status"], 403);
  EXPECT_EQ(audit[2]["act"], "api-key.create");
  EXPECT_EQ(audit[2]["subject"], "ci");
  EXPECT_NE(bench.lines.find("api.order"), std::string::npos);
  EXPECT_NE(bench.lines.find("request_id=" + audit[0]["request_id"].get<std::string>()), std::string::npos);
  EXPECT_EQ(bench.lines.find(key.substr(16)), std::string::npos) << "a key is in no log";
  EXPECT_EQ(Json::parse(bench.at_socket(Method::get, "/api/v1/audit?before=2").body)["audit"].size(), 1U);
}

TEST(Door, GivesEveryAnswerARequestId) {
  Bench bench;
  const auto missing = bench.at_socket(Method::get, "/api/v1/assets/nobody");
  EXPECT_EQ(missing.headers.find("X-Request-Id"), Json::parse(missing.body)["request_id"].get<std::string>());
  const auto own = bench.ask(UnixPeer{}, Method::get, "/api/v1/status", "", "trace-1", "X-Request-Id");
  EXPECT_EQ(own.headers.find("X-Request-Id"), "trace-1");
  const auto strange = bench.ask(UnixPeer{}, Method::get, "/api/v1/status", "", "a b", "X-Request-Id");
  EXPECT_NE(strange.headers.find("X-Request-Id"), "a b");
}

TEST(Door, AStreamEndsWithItsKey) {
  Bench bench;
  const Json made = bench.make(R"({"name":"ci","scopes":["read"]})");
  const auto follow = [](Bench& b, std::string key, std::string id) -> Task<> {
    HttpRequest request;
    request.path = "/api/v1/events";
    EXPECT_TRUE(request.headers.add("apiKey", key));
    request.peer = remote;
    const auto response = co_await b.router.handle(std::move(request));
    const auto& stream = std::get<StreamBody>(response.body);
    EXPECT_TRUE(co_await stream.next());
    auto revoked =
        b.access.ring().revoke_key(daemon::keys::KeyRing::socket_caller(0), id, b.timers.utc_now());
    EXPECT_TRUE(revoked);
    EXPECT_FALSE(co_await stream.next());
  };
  bench.run(follow(bench, made["key"], made["id"]));
}

TEST(Door, AStreamEndsWithTheScopeOfItsKey) {
  Bench bench;
  const Json made = bench.make(R"({"name":"ci","scopes":["read","operate"]})");
  const auto follow = [](Bench& b, std::string key, std::string id) -> Task<> {
    HttpRequest request;
    request.path = "/api/v1/events";
    EXPECT_TRUE(request.headers.add("apiKey", key));
    request.peer = remote;
    const auto response = co_await b.router.handle(std::move(request));
    const auto& stream = std::get<StreamBody>(response.body);
    EXPECT_TRUE(co_await stream.next());
    daemon::keys::KeyPatch patch;
    patch.scopes = daemon::keys::Scopes::parse("operate");
    EXPECT_TRUE(
        b.access.ring().change_key(daemon::keys::KeyRing::socket_caller(0), id, patch, b.timers.utc_now()));
    EXPECT_FALSE(co_await stream.next());
  };
  bench.run(follow(bench, made["key"], made["id"]));
}

TEST(KeyRoutes, AKeyLivesAsItIsTold) {
  Bench bench;
  const Json made = bench.make(R"({"name":"ci","scopes":["read"],"expires":"24h"})");
  const std::string id = made["id"], key = made["key"];
  EXPECT_EQ(made["status"], "active");
  const auto shown = bench.at_socket(Method::get, "/api/v1/api-keys/" + id);
  EXPECT_EQ(shown.body.find(key.substr(16)), std::string::npos) << "shown once";
  EXPECT_EQ(Json::parse(shown.body)["masked"], "cl-" + id + "_****");
  EXPECT_TRUE(Json::parse(shown.body)["last_used_at"].is_null());
  EXPECT_EQ(bench.remotely("/api/v1/assets", key).status, Status::ok);
  const Json used = Json::parse(bench.at_socket(Method::get, "/api/v1/api-keys/" + id).body);
  EXPECT_EQ(used["last_used_from"], "10.0.0.9");
  const auto changed =
      bench.at_socket(Method::patch, "/api/v1/api-keys/" + id, R"({"expires":"2027-01-31"})");
  EXPECT_EQ(Json::parse(changed.body)["expires_at"], "2027-02-01T00:00:00.000Z");
  const Json rotated = Json::parse(
      bench.at_socket(Method::post, "/api/v1/api-keys/" + id + "/rotate", R"({"overlap":"1h"})").body);
  EXPECT_EQ(rotated["replaces"], id);
  EXPECT_EQ(rotated["replaced"]["expires_at"], "2026-11-20T19:00:00.000Z");
  EXPECT_EQ(bench.at_socket(Method::post, "/api/v1/api-keys/" + id + "/revoke").status, Status::ok);
  EXPECT_EQ(code_of(bench.remotely("/api/v1/assets", key)), "401 API_KEY_REVOKED");
  EXPECT_EQ(bench.remotely("/api/v1/assets", rotated["key"]).status, Status::ok);
  EXPECT_EQ(bench.at_socket(Method::del, "/api/v1/api-keys/" + id).status, Status::no_content);
  EXPECT_EQ(code_of(bench.remotely("/api/v1/assets", key)), "401 API_KEY_UNKNOWN");
  EXPECT_EQ(Json::parse(bench.at_socket(Method::get, "/api/v1/api-keys").body)["api_keys"].size(), 1U);
  EXPECT_EQ(bench.store.keys.size(), 1U);
}

TEST(KeyRoutes, WhatIsNotStoredIsNotGivenOut) {
  Bench bench;
  bench.store.failing = Error{ErrorKind::exhausted, "store.disk_full", "the disk is full"};
  const auto answer = bench.at_socket(Method::post, "/api/v1/api-keys", R"({"name":"ci"})");
  EXPECT_EQ(code_of(answer), "503 STORE_DISK_FULL");
  EXPECT_EQ(answer.body.find("cl-"), std::string::npos);
  EXPECT_NE(bench.lines.find("api.audit_failed"), std::string::npos);
  bench.store.failing.reset();
  EXPECT_TRUE(Json::parse(bench.at_socket(Method::get, "/api/v1/api-keys").body)["api_keys"].empty());
}

TEST(KeyRoutes, AnActIsNotedBeforeItIsDoneAndWhatCannotBeNotedIsNotDone) {
  Bench bench;
  bench.orders.add_asset("web-1");
  // The power is cut while the order is under way.
  bench.orders.on_order = [&] {
    ASSERT_EQ(bench.store.rows.size(), 1U);
    EXPECT_EQ(bench.store.rows[0].act, "power");
    EXPECT_EQ(bench.store.rows[0].status, 0U);
  };
  const auto power = [&] {
    return bench.at_socket(Method::post, "/api/v1/assets/web-1/power", R"({"action":"on"})");
  };
  EXPECT_EQ(power().status, Status::accepted);
  ASSERT_EQ(bench.store.rows.size(), 1U) << "one line an act";
  EXPECT_EQ(bench.store.rows[0].status, 202U);
  bench.orders.on_order = {};
  bench.orders.asked.clear();
  bench.store.failing = Error{ErrorKind::exhausted, "store.disk_full", "the disk is full"};
  EXPECT_EQ(code_of(power()), "503 STORE_DISK_FULL");
  EXPECT_TRUE(bench.orders.asked.empty());
  EXPECT_EQ(bench.store.rows.size(), 1U);
}

TEST(KeyRoutes, ALogInMakesKeysForItsUser) {
  Bench bench;
  const auto alice = R"({"name":"alice","role":"operator","password":"correct horse battery"})";
  EXPECT_EQ(bench.at_socket(Method::post, "/api/v1/users", alice).status, Status::created);
  const auto log_in = [&](std::string totp) {
    const Json body{{"name", "alice"}, {"password", "correct horse battery"}, {"totp", totp}};
    return bench.remotely("/api/v1/login", "", Method::post, body.dump());
  };
  const Json session = Json::parse(log_in("").body);
  const std::string token = session["token"];
  EXPECT_EQ(session["scopes"], Json({"read", "operate", "wipe"}));
  const auto made = bench.remotely("/api/v1/api-keys", token, Method::post, R"({"name":"laptop"})");
  EXPECT_EQ(Json::parse(made.body)["owner"], "alice");

  const Json factor = Json::parse(bench
                                      .remotely("/api/v1/users/alice/totp", token, Method::post,
                                                R"({"password":"correct horse battery"})")
                                      .body);
  const auto secret = *daemon::keys::parse_base32(factor["secret"].get<std::string>());
  const auto code = [&](unsigned later) {
    const auto number =
        daemon::keys::totp_code(secret, daemon::keys::totp_step(bench.timers.utc_now()) + later);
    const auto digits = std::to_string(number);
    return std::string(6 - digits.size(), '0') + digits;
  };
  EXPECT_EQ(
      bench.remotely("/api/v1/users/alice/totp/confirm", token, Method::post, Json{{"code", code(0)}}.dump())
          .status,
      Status::ok);
  EXPECT_EQ(code_of(log_in("")), "401 LOGIN_TOTP_NEEDED");
  EXPECT_EQ(code_of(log_in(code(0))), "401 LOGIN_REFUSED") << "it was used to confirm";
  EXPECT_EQ(log_in(code(1)).status, Status::ok);
  EXPECT_EQ(code_of(bench.remotely("/api/v1/users/alice/totp", token, Method::del)), "400 USER_TOTP_CODE");
  EXPECT_EQ(code_of(bench.remotely("/api/v1/users/alice/totp", token, Method::del, R"({"code":"000000"})")),
            "400 USER_TOTP_CODE");
  EXPECT_EQ(bench.remotely("/api/v1/login", token, Method::del).status, Status::no_content);
  EXPECT_EQ(code_of(bench.remotely("/api/v1/login", token)), "401 LOGIN_OVER");
  EXPECT_EQ(bench.lines.find("correct horse"), std::string::npos);
}

TEST(KeyRoutes, OnesOwnPasswordIsChangedWithTheOldOneAndGuessesOfItHaveToWait) {
  Bench bench;
  const auto alice = R"({"name":"alice","role":"viewer","password":"correct horse battery"})";
  EXPECT_EQ(bench.at_socket(Method::post, "/api/v1/users", alice).status, Status::created);
  const auto log_in = [&](std::string password) {
    return bench.remotely("/api/v1/login", "", Method::post,
                          Json{{"name", "alice"}, {"password", password}}.dump());
  };
  const std::string token = Json::parse(log_in("correct horse battery").body)["token"];
  const auto change = [&](Json body) {
    body["password"] = "another horse, another battery";
    return bench.remotely("/api/v1/users/alice", token, Method::patch, body.dump());
  };
  EXPECT_EQ(code_of(change(Json::object())), "400 USER_OLD_PASSWORD");
  EXPECT_EQ(code_of(change({{"old_password", "wrong"}})), "400 USER_OLD_PASSWORD");
  EXPECT_EQ(change({{"old_password", "correct horse battery"}}).status, Status::ok);
  EXPECT_EQ(code_of(bench.remotely("/api/v1/login", token)), "401 LOGIN_OVER");
  EXPECT_EQ(log_in("another horse, another battery").status, Status::ok);
  const std::string again = Json::parse(log_in("another horse, another battery").body)["token"];
  const auto guess = [&] {
    return code_of(bench.remotely("/api/v1/users/alice", again, Method::patch,
                                  R"({"password":"yet another battery","old_password":"guess"})"));
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guess(), "400 USER_OLD_PASSWORD");
  EXPECT_EQ(guess(), "429 LOGIN_TOO_MANY");
  EXPECT_EQ(bench.at_socket(Method::patch, "/api/v1/users/alice", R"({"password":"set by an administrator"})")
                .status,
            Status::ok);
  const Json audit = Json::parse(bench.at_socket(Method::get, "/api/v1/audit").body)["audit"];
  EXPECT_EQ(audit[0]["act"], "user.change");
  EXPECT_EQ(audit[0]["who"], "uid 1000");
  EXPECT_EQ(audit[0]["subject"], "alice");
}

TEST(KeyRoutes, AStolenTokenBindsNoSecondFactorAndGuessesOfThePasswordHaveToWait) {
  Bench bench;
  const auto alice = R"({"name":"alice","role":"viewer","password":"correct horse battery"})";
  EXPECT_EQ(bench.at_socket(Method::post, "/api/v1/users", alice).status, Status::created);
  const auto log_in = [&] {
    return bench.remotely("/api/v1/login", "", Method::post,
                          R"({"name":"alice","password":"correct horse battery"})");
  };
  const std::string token = Json::parse(log_in().body)["token"];
  const auto begin = [&](const Json& body) {
    return bench.remotely("/api/v1/users/alice/totp", token, Method::post, body.dump());
  };
  EXPECT_EQ(code_of(begin(Json::object())), "400 USER_OLD_PASSWORD");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code_of(begin({{"password", "guess"}})), "400 USER_OLD_PASSWORD");
  EXPECT_EQ(code_of(begin({{"password", "correct horse battery"}})), "429 LOGIN_TOO_MANY");
  EXPECT_EQ(code_of(bench.remotely("/api/v1/users/alice/totp/confirm", token, Method::post,
                                   R"({"code":"123456"})")),
            "409 USER_TOTP_STATE")
      << "nothing was begun";
  bench.timers.run_until([] { return false; }, bench.timers.now() + 1min);
  EXPECT_EQ(log_in().status, Status::ok) << "with the password alone, as before";
  EXPECT_EQ(begin({{"password", "correct horse battery"}}).status, Status::created);
  // Nobody is asked for whom he helps, and the log names both.
  EXPECT_EQ(bench.at_socket(Method::post, "/api/v1/users/alice/totp", "{}").status, Status::created);
  const Json audit = Json::parse(bench.at_socket(Method::get, "/api/v1/audit").body)["audit"];
  EXPECT_EQ(audit[0]["act"], "user.totp-begin");
  EXPECT_EQ(audit[0]["who"], "uid 1000");
  EXPECT_EQ(audit[0]["subject"], "alice");
  EXPECT_EQ(bench.lines.find("correct horse"), std::string::npos);
}

TEST(KeyRoutes, ManyWrongPasswordsHaveToWait) {
  Bench bench;
  const auto body = R"({"name":"alice","password":"wrong"})";
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(code_of(bench.remotely("/api/v1/login", "", Method::post, body)), "401 LOGIN_REFUSED");
  const auto answer = bench.remotely("/api/v1/login", "", Method::post, body);
  EXPECT_EQ(code_of(answer), "429 LOGIN_TOO_MANY");
  EXPECT_EQ(answer.headers.find("Retry-After"), "60");
  const Json audit = Json::parse(bench.at_socket(Method::get, "/api/v1/audit").body)["audit"];
  ASSERT_EQ(audit.size(), 5U);
  EXPECT_EQ(audit[0]["act"], "login");
  EXPECT_EQ(audit[0]["who"], "nobody");
  EXPECT_EQ(audit[0]["subject"], "alice");
  EXPECT_EQ(audit[0]["status"], 401);
  EXPECT_NE(bench.lines.find("order=login"), std::string::npos);
}

TEST(KeyRoutes, NothingIsWrittenDownOfWhatStrangersSendAsFastAsTheyLike) {
  Bench bench;
  const auto commits = bench.store.commits;
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(bench.remotely("/api/v1/login", "", Method::post, "{").status, Status::bad_request) << i;
  EXPECT_EQ(code_of(bench.remotely("/api/v1/login", "", Method::post, "{")), "429 API_TOO_MANY_FAILURES")
      << "a body that is none counts as a failure";
  EXPECT_EQ(bench.store.commits, commits);
  EXPECT_TRUE(bench.store.rows.empty());
  EXPECT_EQ(bench.lines.find("api.order"), std::string::npos);
}

TEST(KeyRoutes, WhoIsNoAdministratorChangesNobodyAndNotTheOwnRights) {
  Bench bench;
  for (const auto* const user : {"victor", "otto"}) {
    const Json body{{"name", user}, {"role", "viewer"}, {"password", "correct horse battery"}};
    ASSERT_EQ(bench.at_socket(Method::post, "/api/v1/users", body.dump()).status, Status::created);
  }
  const auto log_in = bench.remotely("/api/v1/login", "", Method::post,
                                     R"({"name":"victor","password":"correct horse battery"})");
  const std::string token = Json::parse(log_in.body)["token"];
  const std::string key = bench.make(R"({"name":"ci","owner":"victor","scopes":["read"]})")["key"];
  struct Row {
    Method method;
    std::string path, body;
  };
  const auto rows_of = [](const std::string& user) {
    const std::string path = "/api/v1/users/" + user;
    return std::vector<Row>{{Method::get, path, ""},
                            {Method::patch, path, R"({"description":"x"})"},
                            {Method::patch, path, R"({"password":"another horse battery"})"},
                            {Method::patch, path, R"({"role":"admin"})"},
                            {Method::patch, path, R"({"disabled":true})"},
                            {Method::del, path, ""},
                            {Method::post, path + "/totp", ""},
                            {Method::post, path + "/totp/confirm", R"({"code":"123456"})"},
                            {Method::del, path + "/totp", ""}};
  };
  const auto expect_forbidden = [&](const std::string& by, const Row& row) {
    EXPECT_EQ(code_of(bench.remotely(row.path, by, row.method, row.body)), "403 API_FORBIDDEN")
        << (by == key ? "a key: " : "a log-in: ") << name(row.method) << " " << row.path << " " << row.body;
  };
  std::set<std::pair<Method, std::string>> tried;
  for (const auto& row : rows_of("{id}")) tried.emplace(row.method, row.path);
  for (const auto& rule : daemon::api::route_rules()) {
    if (rule.pattern.starts_with("/api/v1/users/"))
      EXPECT_TRUE(tried.contains({rule.method, std::string(rule.pattern)})) << rule.pattern;
  }
  for (const auto& row : rows_of("otto")) {
    expect_forbidden(token, row);
    expect_forbidden(key, row);
  }
  for (const auto& row : rows_of("victor")) expect_forbidden(key, row);
  const std::string own = "/api/v1/users/victor";
  for (const auto* const body : {R"({"role":"admin"})", R"({"role":"viewer"})", R"({"disabled":false})",
                                 R"({"disabled":true,"description":"x"})"})
    expect_forbidden(token, {Method::patch, own, body});
  expect_forbidden(token, {Method::del, own, ""});
  EXPECT_EQ(bench.remotely(own, token).status, Status::ok);
}
