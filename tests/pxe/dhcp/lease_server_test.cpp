// The shell under virtual time, asked by a relay on a loopback address of its own. Answers to relays go to
// port 67, which only root may listen on: skipped for others.

#include "pxe/dhcp/lease_server.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/async/virtual_timers.hpp"
#include "core/async/wakeup.hpp"
#include "pxe/net/datagram_socket.hpp"
#include "tests/pxe/dhcp/listed_neighbours.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::pxe;
using namespace colony::pxe::dhcp;
using namespace std::chrono_literals;

namespace {

/// 127.A.B.host, A and B of this process: tests run beside each other.
Ipv4Address local(std::uint32_t host) {
  const auto pid = static_cast<std::uint32_t>(::getpid()) & 0xffffU;
  return Ipv4Address(0x7f000000U | pid << 8 | host);
}

/// Sockets at the claimed address, on ports of the kernel's choice.
struct LoopbackSockets final : Privileged {
  KernelSockets kernel;
  std::vector<std::uint16_t> ports;  // in the order in which they were bound
  Result<FileDescriptor> udp(const UdpBind&) override {
    auto fd = kernel.udp({.interface = "", .address = local(5)});
    if (!fd) return fd;
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd->get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) std::abort();
    ports.push_back(ntohs(address.sin_port));
    return fd;
  }
  Result<FileDescriptor> listen(const TcpListen&) override { std::abort(); }
  Result<FileDescriptor> packet(const PacketBind&) override { std::abort(); }  // relayed subnets: no search
};

struct ScriptedStore final : LeaseStore {
  explicit ScriptedStore(Timers& timers) : released(timers) {}
  Task<Result<std::vector<LeaseRecord>>> load_leases() override {
    ++loads;
    if (loads <= failing_loads) co_return fail(ErrorKind::io, "store.read", "a test says so");
    co_return rows;
  }
  Task<Result<>> commit_leases(std::vector<LeaseRecord> leases) override {
    groups.push_back(leases.size());
    while (holding) co_await released.wait();
    if (failing) co_return fail(ErrorKind::io, "store.full", "a test says so");
    for (auto& lease : leases) rows.push_back(std::move(lease));
    co_return Result<>{};
  }
  void release() {
    holding = false;
    released.wake();
  }

  int loads = 0, failing_loads = 0;
  bool holding = false, failing = false;
  Wakeup released;
  std::vector<std::size_t> groups;
  std::vector<LeaseRecord> rows;
};

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, UtcTime(1'700'000'000s)};
  TaskGroup group{timers};
  LoopbackSockets sockets;
  SystemRandom random;
  Log log = Log::silent();
  ScriptedStore store{timers};
  test::ListedPolicy policy;
  test::ListedNeighbours neighbours;
  LearnedAddresses addresses;
  test::RecordedEvidence evidence;
  std::map<std::string, std::string, std::less<>> findings;
  Result<FileDescriptor> relay_fd =
      sockets.kernel.udp({.interface = "", .address = local(129), .port = server_port});
  std::optional<DatagramSocket> relay;
  std::unique_ptr<LeaseServer> server;

  [[nodiscard]] bool may_listen() {
    if (!relay_fd) return false;
    relay.emplace(timers, std::move(*relay_fd));
    LeaseServerConfig config;
    config.interface = "lo";
    config.reply.server.address = local(5);
    config.leases.subnets.resize(1);
    config.leases.subnets[0].network = Ipv4Network::parse(local(128).to_string() + "/25").value();
    config.leases.subnets[0].first = local(140);
    config.leases.subnets[0].last = local(170);
    server = std::move(
        *LeaseServer::open({sockets, timers, random, log, store, policy, neighbours, addresses, evidence,
                            [this](std::string_view key, std::optional<std::string> text) {
                              findings.erase(std::string(key));
                              if (text) findings.emplace(key, std::move(*text));
                            }},
                           std::move(config)));
    server->start(group);
    return true;
  }
  ~Bench() {
    store.release();
    group.cancel();
    timers.run_for(1s);
  }

  void send(const Message& message) {
    ASSERT_TRUE(relay->send_to({local(5), sockets.ports.front()}, encode(message)));
  }
  /// How many answers came within `time`.
  std::size_t answers_within(Duration time) {
    timers.run_for(time);
    std::array<Byte, 2048> buffer{};
    std::size_t count = 0;
    for (auto got = relay->receive(buffer); got && *got; got = relay->receive(buffer)) ++count;
    return count;
  }
  /// What came back within a moment.
  std::optional<Message> answer() {
    timers.run_for(10ms);
    std::array<Byte, 2048> buffer{};
    const auto received = relay->receive(buffer);
    if (!received || !*received) return std::nullopt;
    return *decode((*received)->bytes);
  }
  std::optional<Message> ask(const Message& message) {
    send(message);
    return answer();
  }
};

Message discover(std::uint8_t client) {
  Message message;
  message.type = MessageType::discover;
  message.mac = MacAddress({2, 0, 0, 0, 0, client});
  message.xid = Xid{client};
  message.gateway = local(129);
  return message;
}
Message request(const Message& offer) {
  Message message = discover(0);
  message.mac = offer.mac;
  message.xid = offer.xid;
  message.type = MessageType::request;
  message.options.add_address(OptionCode::requested_address, offer.your);
  message.options.add_address(OptionCode::server_identifier, local(5));
  return message;
}

constexpr const char* needs_root = "only root may listen on port 67";

}  // namespace

TEST(LeaseServer, NobodyIsAnsweredBeforeItIsReadyAndItsLeasesAreRead) {
  Bench bench;
  bench.store.failing_loads = 2;
  if (!bench.may_listen()) GTEST_SKIP() << needs_root;
  EXPECT_FALSE(bench.ask(discover(1)));
  EXPECT_EQ(bench.server->status().stage, LeaseStage::waiting);
  bench.server->set_ready(true);
  bench.timers.run_for(9s);
  EXPECT_FALSE(bench.ask(discover(1)));
  EXPECT_TRUE(bench.findings.contains("dhcp.journal"));
  bench.timers.run_for(2s);
  EXPECT_EQ(bench.server->status().stage, LeaseStage::serving);
  EXPECT_FALSE(bench.findings.contains("dhcp.journal"));
  EXPECT_EQ(bench.store.loads, 3);
  EXPECT_TRUE(bench.ask(discover(1)));
  bench.server->set_ready(false);  // the address is lost
  EXPECT_FALSE(bench.ask(discover(1)));
}

TEST(LeaseServer, AnAcknowledgementLeavesWhenItsLeaseIsDurable) {
  Bench bench;
  if (!bench.may_listen()) GTEST_SKIP() << needs_root;
  bench.server->set_ready(true);
  const auto offer = bench.ask(discover(1));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->type, MessageType::offer);
  bench.store.holding = true;
  EXPECT_FALSE(bench.ask(request(*offer)));
  bench.timers.run_for(30s);
  EXPECT_FALSE(bench.answer());
  EXPECT_TRUE(bench.ask(discover(2))) << "an offer waits for no disk";
  bench.store.release();
  const auto ack = bench.answer();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  ASSERT_EQ(bench.store.rows.size(), 1U);
  EXPECT_EQ(bench.store.rows[0].address, ack->your);
}

TEST(LeaseServer, WhatComesWhileTheDiskWorksSharesTheNextFlush) {
  Bench bench;
  if (!bench.may_listen()) GTEST_SKIP() << needs_root;
  bench.server->set_ready(true);
  std::vector<Message> offers;
  for (std::uint8_t client = 1; client <= 4; ++client) offers.push_back(bench.ask(discover(client)).value());
  bench.store.holding = true;
  for (const auto& offer : offers) EXPECT_FALSE(bench.ask(request(offer)));
  bench.store.release();
  for (std::size_t i = 0; i < offers.size(); ++i) EXPECT_TRUE(bench.answer()) << i;
  EXPECT_EQ(bench.store.groups, (std::vector<std::size_t>{1, 3}));
}

TEST(LeaseServer, WhatWaitedForASlowDiskIsAnsweredInPortionsThatARelaysBufferHolds) {
  Bench bench;
  if (!bench.may_listen()) GTEST_SKIP() << needs_root;
  bench.server->set_ready(true);
  std::vector<Message> offers;
  for (std::uint8_t client = 1; client <= 20; ++client) offers.push_back(bench.ask(discover(client)).value());
  bench.store.holding = true;
  for (const auto& offer : offers) EXPECT_FALSE(bench.ask(request(offer)));
  bench.store.release();
  EXPECT_EQ(bench.answers_within(500us), 1U + 16U) << "the flush in hand, and a portion of the next";
  EXPECT_EQ(bench.answers_within(1ms), 3U);
}

TEST(LeaseServer, ALeaseThatIsNotJournaledIsNotGivenAndAPersonIsTold) {
  Bench bench;
  if (!bench.may_listen()) GTEST_SKIP() << needs_root;
  bench.server->set_ready(true);
  const auto offer = bench.ask(discover(1));
  ASSERT_TRUE(offer);
  bench.store.failing = true;
  EXPECT_FALSE(bench.ask(request(*offer)));
  EXPECT_TRUE(bench.findings.at("dhcp.journal").starts_with("leases are not journaled, and so not given"));
  bench.store.failing = false;
  EXPECT_TRUE(bench.ask(request(*offer)));  // the client asks again
  EXPECT_FALSE(bench.findings.contains("dhcp.journal"));
}

TEST(LeaseServer, ARestartedServerKnowsItsClients) {
  Bench bench;
  LeaseRecord row;
  row.address = local(150);
  row.mac = MacAddress({2, 0, 0, 0, 0, 9});
  row.updated = UtcTime(1'699'999'900s);
  row.expires = UtcTime(1'700'000'900s);
  bench.store.rows = {row};
  if (!bench.may_listen()) GTEST_SKIP() << needs_root;
  bench.server->set_ready(true);
  EXPECT_EQ(bench.ask(discover(9)).value().your, local(150));
  EXPECT_EQ(bench.server->leases().size(), 1U);
}
