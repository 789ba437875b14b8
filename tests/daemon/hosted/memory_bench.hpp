#pragma once
// The link against the hosted stand-in, both in memory under virtual time. Verdicts come from the stand-in's
// state: what arrived, how often, in which order.

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "core/async/virtual_timers.hpp"
#include "daemon/hosted/hosted_link.hpp"
#include "hw-sim/hosted/hosted_server.hpp"
#include "tests/daemon/store/bench.hpp"

namespace colony::daemon::hosted::test {

using namespace std::chrono_literals;
using core::Json;
using core::Task;
namespace row = store::test;

/// In memory; with a key "file" and a plug that can be pulled.
class MemoryExchange final : public HostedExchange {
 public:
  using Answer = core::Result<core::http::ClientResponse>;
  MemoryExchange(core::Timers& timers, const core::http::Router& router)
      : timers_(timers), exchange_(router, core::http::TcpPeer{}) {}
  std::string key_file = "good";
  bool unplugged = false;
  unsigned attempts = 0;
  std::optional<std::uint64_t> acknowledge;  // what every post of events is answered with, instead
  /// Answers in the hosted side's place as long as it gives something.
  std::function<std::optional<Answer>(const core::http::ClientRequest&)> instead;
  std::function<void()> answered = [] {};  // after every answer of the stand-in
  core::Duration latency{};

  Task<core::Result<core::http::ClientResponse>> exchange(core::http::ClientRequest request,
                                                          core::BootTime deadline) override {
    ++attempts;
    const auto late = timers_.now() + latency;
    if (instead) {
      if (auto answer = instead(request)) {
        if (latency > core::Duration::zero()) co_await timers_.sleep_until(late);
        co_return std::move(*answer);
      }
    }
    if (unplugged) co_return core::fail(core::ErrorKind::unreachable, "http.connect", "unplugged");
    if (acknowledge && request.target.ends_with("/events")) {
      core::http::ClientResponse response;
      response.body = Json{{"acked_seq", *acknowledge}}.dump();
      co_return response;
    }
    request.target = "/api/v1" + request.target;
    (void)request.headers.add("Authorization", "Bearer " + key_);
    auto answer = co_await exchange_.exchange(std::move(request), deadline);
    answered();
    if (latency > core::Duration::zero()) co_await timers_.sleep_until(std::max(late, timers_.now()));
    co_return answer;
  }
  bool take_up_new_key() override {
    if (key_ == key_file) return false;
    key_ = key_file;
    return true;
  }
  KeyIdentity key() const override { return KeyIdentity::of(core::Secret(key_)); }

 private:
  core::Timers& timers_;
  core::http::RouterExchange exchange_;
  std::string key_ = "good";
};

class RecordingSink final : public OperationSink {
 public:
  std::vector<Operation> taken;
  std::optional<core::Error> answer;
  std::string waits;  // operations of this type wait
  std::vector<std::string> given_up;

  Task<core::Result<std::string>> submit(Operation operation) override {
    taken.push_back(operation);
    if (operation.type == waits) co_return core::fail(core::ErrorKind::exhausted, "wipe.budget", "wait");
    if (answer) co_return std::unexpected(*answer);
    co_return "workflow-of-" + operation.id;
  }
  void give_up(const std::string& id) override { given_up.push_back(id); }
};

struct Bench {
  store::test::TemporaryDirectory directory;
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, row::at(0)};
  core::TaskGroup group{timers};
  core::SeededRandom random;
  core::SeededRandom server_random;
  std::vector<std::string> log_lines;
  core::Log log{core::LogLevel::debug, core::LogFormat::text,
                [this](core::LogLevel, std::string_view line) { log_lines.emplace_back(line); }};
  hw_sim::HostedModel model;
  hw_sim::HostedServer server{timers, model, ""};
  MemoryExchange exchange{timers, server.router()};
  RecordingSink sink;
  OperationSink* taker = &sink;
  std::unique_ptr<store::Store> journal;
  std::unique_ptr<HostedLink> link;
  store::Retention retention;
  store::Threading threading = store::Threading::inline_calls;
  LinkSettings settings{.datacenter_id = "dc", .agent_id = "", .limits = {}};

  explicit Bench(hw_sim::HostedOptions options = {.key = "good"}, std::uint64_t seed = 5)
      : random(seed), server_random(seed + 1), model(std::move(options), server_random, {}) {
    restart();
  }
  ~Bench() { end(); }

  void end() {
    if (!link) return;
    const auto stop = [](HostedLink& l) -> Task<> { co_await l.stop(); };
    group.spawn("stop", stop(*link));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
    link.reset();
    journal.reset();
  }
  /// The appliance dies and comes back; the stand-in lives on.
  void restart() {
    end();
    auto options = row::options_in(directory);
    options.durability = store::Durability::simulation;
    options.retention = retention;
    auto opened = store::Store::open(timers, {options, threading, {}});
    if (!opened) std::abort();
    journal = std::move(*opened);
    link = std::make_unique<HostedLink>(
        LinkPorts{timers, log, random, *journal, exchange, *taker, [] { return Json{{"status", "ready"}}; }},
        settings);
    link->start();
  }
  using Copy = std::map<std::string, std::string>;
  /// As `cp` of the files of a running database would make it.
  Copy copy_database() {
    Copy copy;
    for (const auto* file : {"colony.db", "colony.db-wal"}) {
      copy[file] = row::read_bytes(directory.file(file));
    }
    return copy;
  }
  void put_back(const Copy& copy) {
    for (const auto& [file, bytes] : copy) row::write_bytes(directory.file(file), bytes);
  }
  void commit(unsigned events) {
    workflows::Batch batch;
    for (unsigned i = 0; i < events; ++i) batch.events.push_back(row::event(R"({"n":1})"));
    (void)journal->commit(std::move(batch));
  }
  void commit_asset(unsigned number) {
    workflows::Batch batch;
    batch.writes.emplace_back(row::asset_row(number));
    (void)journal->commit(std::move(batch));
  }
  void run(core::Duration span) { timers.run_for(span); }
  const Json& agent() {
    const auto& agents = model.state()["agents"];
    static const Json none;
    return agents.empty() ? none : agents.begin().value();
  }
  std::uint64_t distinct() { return agent().value("acked_seq", 0U); }
  void fault(const std::string& text) { model.faults().add(*hw_sim::parse_hosted_fault(text)); }
  std::string order(const std::string& type) {
    auto id = model.order(type, "web-1", Json{{"config", "c"}});
    server.changed();
    return id;
  }
  unsigned logged(std::string_view id) {
    return static_cast<unsigned>(
        std::count_if(log_lines.begin(), log_lines.end(),
                      [id](const std::string& line) { return line.find(id) != std::string::npos; }));
  }
};

}  // namespace colony::daemon::hosted::test
