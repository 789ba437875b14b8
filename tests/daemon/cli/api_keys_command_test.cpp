// colony api-keys, users and audit against the real routes, in memory.
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "daemon/api/api_routes.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/program.hpp"
#include "tests/daemon/cli/console_recorder.hpp"
#include "tests/daemon/fake_orders.hpp"
#include "tests/daemon/keys/memory_store.hpp"
#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::daemon::cli;
using namespace std::chrono_literals;
using test::TemporaryDirectory;

namespace {

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T18:00:00Z")};
  TaskGroup group{timers};
  SeededRandom random{1};
  Log log = Log::silent();
  InlinePool pool;
  daemon::keys::test::MemoryStore store;
  daemon::keys::Access access{{timers, random, log, pool, store}};
  test::FakeOrders orders;
  http::Router router;
  http::RouterExchange exchange{router, http::UnixPeer{1000, 1000, 1}};
  ApiClient api{timers, exchange, "memory"};
  test::RecordingConsole console;

  Bench() {
    wait_for([](Bench& b) -> Task<> { EXPECT_TRUE(co_await b.access.open()); }(*this));
    daemon::api::ApiServices services{timers, log, orders, "0.1.0", {}, {}, {}};
    services.access = &access;
    daemon::api::add_api_routes(router, std::move(services));
  }
  ~Bench() {
    wait_for([](Bench& b) -> Task<> { co_await b.access.stop(); }(*this));
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  void wait_for(Task<> task) {
    group.spawn("test", std::move(task));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
  }
  ExitCode run(std::vector<std::string> words) {
    words.insert(words.begin(), "colony");
    console.output.clear();
    console.errors.clear();
    const Commands commands = make_commands();
    GlobalOptions globals;
    const Parsed parsed = parse_command_line(words, commands, globals, console);
    if (parsed.command == nullptr) return parsed.exit_code;
    Session session{timers, console, api, globals.output == "json" ? Output::json : Output::table};
    ExitCode code = ExitCode::general;
    const auto body = [](Command& c, Session& s, ExitCode& o) -> Task<> { o = co_await c.run(s); };
    wait_for(body(*parsed.command, session, code));
    return code;
  }
  Json json(std::vector<std::string> words) {
    words.insert(words.end(), {"--output", "json"});
    EXPECT_EQ(run(std::move(words)), ExitCode::success) << console.errors;
    return Json::parse(console.output);
  }
};

}  // namespace

TEST(ApiKeysCommand, PrintsTheKeyAloneAndOnce) {
  Bench bench;
  ASSERT_EQ(bench.run({"api-keys", "create", "ci", "--scope", "read,wipe", "--expires", "24h"}),
            ExitCode::success)
      << bench.console.errors;
  const std::string key = bench.console.output;
  EXPECT_EQ(key.size(), 57U) << "cl-, the digits, a newline";
  EXPECT_EQ(bench.console.errors.find(key.substr(16, 40)), std::string::npos);
  EXPECT_NE(bench.console.errors.find("read,wipe; expires: 2026-11-21T18:00:00Z. It is shown this once."),
            std::string::npos)
      << bench.console.errors;
  const auto id = key.substr(3, 12);
  for (const auto& words :
       {std::vector<std::string>{"api-keys", "list"}, {"api-keys", "show", id}, {"audit"}}) {
    ASSERT_EQ(bench.run(words), ExitCode::success);
    EXPECT_NE(bench.console.output.find(words.front() == "audit" ? "api-key.create" : id), std::string::npos);
    EXPECT_EQ(bench.console.output.find(key.substr(16, 40)), std::string::npos);
  }
}

TEST(ApiKeysCommand, RotatesChangesRevokesAndDeletes) {
  Bench bench;
  const Json made = bench.json({"api-keys", "create", "ci", "--scope", "read", "--scope", "operate"});
  EXPECT_EQ(made["scopes"], Json({"read", "operate"}));
  const std::string id = made["id"];
  ASSERT_EQ(bench.run({"api-keys", "rotate", id, "--overlap", "1h"}), ExitCode::success);
  EXPECT_EQ(bench.console.output.substr(0, 3), "cl-");
  EXPECT_NE(bench.console.errors.find("stays valid until 2026-11-20T19:00:00Z"), std::string::npos);
  EXPECT_EQ(bench.json({"api-keys", "change", id, "--expires", "never"})["expires_at"], nullptr);
  EXPECT_EQ(bench.run({"api-keys", "change", id}), ExitCode::arguments) << "nothing to change";
  EXPECT_EQ(bench.json({"api-keys", "revoke", id})["status"], "revoked");
  EXPECT_EQ(bench.run({"api-keys", "delete", id}), ExitCode::success);
  EXPECT_EQ(bench.run({"api-keys", "show", id}), ExitCode::general);
  EXPECT_NE(bench.console.errors.find("API_KEY_NOT_FOUND"), std::string::npos);
  EXPECT_EQ(bench.run({"api-keys", "create", "x", "--expires", "soon"}), ExitCode::arguments);
}

TEST(UsersCommand, MakesPeopleAndServiceAccounts) {
  Bench bench;
  const TemporaryDirectory directory;
  const auto file = directory.write("password", "correct horse battery\n");
  ASSERT_EQ(bench.run({"users", "create", "alice", "--role", "operator", "--password-file", file}),
            ExitCode::success)
      << bench.console.errors;
  EXPECT_EQ(bench.console.output, "alice  operator  logs in with a password\n");
  ASSERT_EQ(bench.run({"users", "create", "backup", "--role", "service"}), ExitCode::success);
  EXPECT_EQ(bench.console.output, "backup  service  keys only\n");
  EXPECT_EQ(bench.json({"api-keys", "create", "laptop", "--owner", "alice"})["owner"], "alice");
  EXPECT_EQ(bench.json({"api-keys", "list", "--owner", "alice"})["api_keys"].size(), 1U);
  EXPECT_EQ(bench.json({"users", "change", "alice", "--role", "viewer"})["role"], "viewer");
  ASSERT_EQ(bench.run({"users", "second-factor", "alice"}), ExitCode::success);
  EXPECT_EQ(bench.console.output.find("otpauth://totp/Colony:alice?secret="), 0U);
  EXPECT_EQ(bench.run({"users", "second-factor", "alice", "--code", "000000"}), ExitCode::arguments);
  EXPECT_EQ(bench.run({"users", "delete", "alice"}), ExitCode::arguments) << "asks first";
  EXPECT_EQ(bench.run({"users", "delete", "alice", "--yes"}), ExitCode::success);
  EXPECT_EQ(bench.json({"api-keys", "list"})["api_keys"].size(), 0U);
  EXPECT_EQ(bench.json({"users", "list"})["users"].size(), 2U);
}
