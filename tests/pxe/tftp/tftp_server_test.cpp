#include "pxe/tftp/tftp_server.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "pxe/net/datagram_socket.hpp"
#include "pxe/tftp/tftp_client.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony::core;
using namespace colony::pxe;
using namespace colony::pxe::tftp;
using namespace std::chrono_literals;

namespace {

const Ipv4Address loopback = *Ipv4Address::parse("127.0.0.1");

/// The server on a loopback port of the kernel's choice, and one client socket.
struct Bench {
  boost::asio::io_context loop{1};
  SystemTimers timers{loop};
  TaskGroup group{timers};
  KernelSockets kernel;
  colony::test::ListedAddresses addresses;
  colony::test::RecordedEvidence evidence;
  BootFiles files;
  Log log = Log::silent();
  std::unique_ptr<TftpServer> server;
  DatagramSocket client{timers, *kernel.udp({.interface = "", .address = loopback})};
  Bytes contents;

  explicit Bench(bool single_port = false) {
    addresses.machines[loopback] = *MacAddress::parse("52:54:00:00:00:07");
    for (unsigned i = 0; i < 5000; ++i) contents.push_back(static_cast<Byte>(i * 7));
    files.add("boot.efi", std::make_shared<const std::string>(contents.begin(), contents.end()));
    TftpServerConfig config;
    config.network = {loopback, 8};
    config.port = 0;
    config.single_port = single_port;
    server = std::move(*TftpServer::open(kernel, timers, addresses, files, evidence, log, config));
    server->start(group);
  }
  ~Bench() {
    group.cancel();
    loop.restart();
    loop.run();
  }

  /// Runs a client coroutine; the loop ends when it does.
  void run(Task<> task) {
    TaskGroup clients(timers);
    clients.spawn("client", std::move(task));
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (clients.size() > 0 && std::chrono::steady_clock::now() < limit) loop.run_one_for(1s);
    EXPECT_EQ(clients.size(), 0U);
  }
  /// The next datagram, or nothing within `patience`.
  Task<std::optional<Bytes>> next(UdpPeer& from, Duration patience = 5s) {
    const BootTime deadline = timers.now() + patience;
    std::array<Byte, 2048> buffer{};
    for (;;) {
      const auto received = client.receive(buffer);
      if (received && *received) {
        from = (*received)->from;
        co_return Bytes((*received)->bytes.begin(), (*received)->bytes.end());
      }
      if (!co_await client.readable_until(deadline)) co_return std::nullopt;
    }
  }
  void ask(std::string_view text) {
    Bytes request{0, 1};
    for (const char c : text) request.push_back(c == '\1' ? Byte{0} : static_cast<Byte>(c));
    EXPECT_TRUE(client.send_to({loopback, server->port()}, request));
  }
  void acknowledge(UdpPeer to, std::uint16_t block) {
    const Bytes ack{0, 4, static_cast<Byte>(block >> 8), static_cast<Byte>(block)};
    EXPECT_TRUE(client.send_to(to, ack));
  }
};

}  // namespace

TEST(TftpServer, DeliversAFileInWindowsAndSaysSo) {
  Bench bench;
  const auto client = [](Bench& b) -> Task<> {
    b.ask(
        "boot.efi\1octet\1blksize\1"
        "1000\1windowsize\1"
        "3\1tsize\1"
        "0\1");
    UdpPeer transfer;
    const auto oack = co_await b.next(transfer);
    EXPECT_EQ(*oack, encode_oack({{"blksize", 1000}, {"tsize", 5000}, {"windowsize", 3}}));
    EXPECT_EQ(transfer.address, loopback);
    EXPECT_NE(transfer.port, b.server->port());
    b.acknowledge(transfer, 0);
    Bytes read;
    for (std::uint16_t block = 1; block <= 6; ++block) {
      const auto data = co_await b.next(transfer);
      if (!data) co_return;
      EXPECT_EQ((*data)[3], block);
      read.insert(read.end(), data->begin() + 4, data->end());
      if (block % 3 == 0) b.acknowledge(transfer, block);
    }
    EXPECT_EQ(read, b.contents);
    while (b.evidence.all.empty()) co_await b.timers.sleep_for(1ms);
  };
  bench.run(client(bench));
  const auto sent = bench.evidence.facts<NbpSent>();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].file, "boot.efi");
  EXPECT_EQ(sent[0].bytes, 5000U);
  EXPECT_TRUE(sent[0].complete);
  EXPECT_EQ(bench.evidence.all[0].mac->to_string(), "52:54:00:00:00:07");
  EXPECT_EQ(bench.server->counters().completed, 1U);
}

TEST(TftpServer, SaysWhyItRefuses) {
  Bench bench;
  const auto client = [](Bench& b) -> Task<> {
    struct Row {
      const char* request;
      Byte code;
    };
    for (const Row& row :
         {Row{"none\1octet\1", 1}, Row{"../boot.efi\1octet\1", 2}, Row{"boot.efi\1netascii\1", 0}}) {
      b.ask(row.request);
      UdpPeer from;
      const auto error = co_await b.next(from);
      if (!error) co_return;
      EXPECT_EQ((*error)[1], 5) << row.request;
      EXPECT_EQ((*error)[3], row.code) << row.request;
    }
  };
  bench.run(client(bench));
  EXPECT_EQ(bench.server->counters().refused, 3U);
  EXPECT_TRUE(bench.evidence.all.empty());
}

TEST(TftpServer, IsSilentToStrangers) {
  Bench bench;
  bench.addresses.machines.clear();
  const auto client = [](Bench& b) -> Task<> {
    b.ask("boot.efi\1octet\1");
    b.ask("none\1octet\1");
    b.ask("boot.efi\1netascii\1");
    b.ask("no request at all");
    UdpPeer from;
    while (b.server->counters().strangers + b.server->counters().malformed < 4)
      co_await b.timers.sleep_for(1ms);
    EXPECT_FALSE(co_await b.next(from, 0ms));
  };
  bench.run(client(bench));
  EXPECT_EQ(bench.server->counters().strangers, 3U);
  EXPECT_EQ(bench.server->counters().malformed, 1U);
}

TEST(TftpServer, AProbeForTheSizeIsNoEvidence) {  // what EDK2 does before each download
  Bench bench;
  const auto client = [](Bench& b) -> Task<> {
    b.ask(
        "boot.efi\1octet\1tsize\1"
        "0\1");
    UdpPeer transfer;
    EXPECT_TRUE(co_await b.next(transfer));
    EXPECT_TRUE(b.client.send_to(transfer, encode_error(ErrorCode::option_refused, "")));
    while (b.server->counters().broken_off == 0) co_await b.timers.sleep_for(1ms);
  };
  bench.run(client(bench));
  EXPECT_TRUE(bench.evidence.all.empty());
}

TEST(TftpServer, MakesAFileForTheAskingMachine) {
  Bench bench;
  bench.files.add_virtual("autoexec.ipxe", [](const FileRequest& request) -> FileBytes {
    return std::make_shared<const std::string>("for " + request.mac->to_string());
  });
  const auto client = [](Bench& b) -> Task<> {
    b.ask("autoexec.ipxe\1octet\1");
    UdpPeer transfer;
    const auto data = co_await b.next(transfer);
    if (!data) co_return;
    EXPECT_EQ(as_text(ByteView(*data).subspan(4)), "for 52:54:00:00:00:07");
    b.acknowledge(transfer, 1);
    while (b.evidence.all.empty()) co_await b.timers.sleep_for(1ms);
  };
  bench.run(client(bench));
}

TEST(TftpServer, ARepeatedRequestDoesNotStartASecondTransfer) {
  Bench bench;
  const auto client = [](Bench& b) -> Task<> {
    b.ask("boot.efi\1octet\1");
    UdpPeer first;
    EXPECT_TRUE(co_await b.next(first));
    b.ask("boot.efi\1octet\1");
    UdpPeer second;
    EXPECT_TRUE(co_await b.next(second));  // the first transfer's own retransmission
    EXPECT_EQ(first, second);
    EXPECT_TRUE(b.client.send_to(first, encode_error(ErrorCode::undefined, "")));
    while (b.server->counters().broken_off == 0) co_await b.timers.sleep_for(1ms);
  };
  bench.run(client(bench));
}

TEST(TftpServer, OurOwnClientReadsIt) {
  Bench bench;
  const auto client = [](Bench& b) -> Task<> {
    const UdpPeer server{loopback, b.server->port()};
    for (const auto block_size : std::to_array<std::uint16_t>({512, 1000, 1428})) {
      const auto read = co_await read_file(b.kernel, b.timers, loopback, server,
                                           {.file = "boot.efi", .block_size = block_size});
      EXPECT_TRUE(read && *read == std::string(b.contents.begin(), b.contents.end())) << block_size;
      while (b.server->counters().completed == 0) co_await b.timers.sleep_for(1ms);
    }
    const auto none = co_await read_file(b.kernel, b.timers, loopback, server, {.file = "none"});
    EXPECT_TRUE(!none && none.error().code == "tftp.refused");
  };
  bench.run(client(bench));
}

TEST(TftpServer, ASinglePortCarriesEveryTransfer) {
  Bench bench(true);
  const auto client = [](Bench& b) -> Task<> {
    const UdpPeer server{loopback, b.server->port()};
    b.ask(
        "boot.efi\1octet\1blksize\1"
        "1000\1");
    UdpPeer from;
    const auto oack = co_await b.next(from);
    EXPECT_EQ(from, server);
    EXPECT_EQ(*oack, encode_oack({{"blksize", 1000}}));
    // Another transfer of the same machine runs meanwhile; neither hears the other's acknowledgements.
    const auto read =
        co_await read_file(b.kernel, b.timers, loopback, server, {.file = "boot.efi", .block_size = 700});
    EXPECT_TRUE(read && *read == std::string(b.contents.begin(), b.contents.end()));
    b.acknowledge(server, 0);
    Bytes whole;
    for (std::uint16_t block = 1; block <= 6;) {
      const auto data = co_await b.next(from);
      if (!data) co_return;
      EXPECT_EQ(from, server);
      if ((*data)[1] != 3 || (*data)[3] != block) continue;  // the OACK, again
      whole.insert(whole.end(), data->begin() + 4, data->end());
      b.acknowledge(server, block++);
    }
    EXPECT_EQ(whole, b.contents);
    while (b.server->counters().completed < 2) co_await b.timers.sleep_for(1ms);
    // A late acknowledgement is no request, and no transfer's: silence.
    b.acknowledge(server, 6);
    while (b.server->counters().malformed == 0) co_await b.timers.sleep_for(1ms);
    EXPECT_FALSE(co_await b.next(from, 0ms));
  };
  bench.run(client(bench));
}

TEST(TftpServer, LostLastAcknowledgementsDoNotKeepAMachineFromItsNextFile) {
  Bench bench(true);  // one port: nothing tells the server that the client's is closed
  const auto client = [](Bench& b) -> Task<> {
    const UdpPeer server{loopback, b.server->port()};
    std::vector<std::unique_ptr<DatagramSocket>> done;  // with all blocks, and silent
    std::array<Byte, 2048> buffer{};
    for (int i = 0; i < 2; ++i) {
      auto& socket = *done.emplace_back(
          std::make_unique<DatagramSocket>(b.timers, *b.kernel.udp({.interface = "", .address = loopback})));
      EXPECT_TRUE(socket.send_to(server, encode_read_request("boot.efi", {{"blksize", 1428}})));
      for (const auto block : std::to_array<std::uint16_t>({0, 1, 2, 3})) {  // of four
        const bool answered = co_await socket.readable_until(b.timers.now() + 5s);
        EXPECT_TRUE(answered && socket.receive(buffer));
        EXPECT_TRUE(socket.send_to(server, encode_ack(BlockNumber{block})));
      }
    }
    const auto read = co_await read_file(b.kernel, b.timers, loopback, server,
                                         {.file = "boot.efi", .patience = 200ms, .attempts = 15});
    EXPECT_TRUE(read && read->size() == b.contents.size());
    while (b.server->counters().completed == 0) co_await b.timers.sleep_for(1ms);
  };
  bench.run(client(bench));
}

TEST(TftpServer, AClientWithOnePortForAllItLoadsGetsItsNextFileThoughAnAcknowledgementWasLost) {
  for (const bool single_port : {false, true}) {
    Bench bench(single_port);
    bench.files.add("next.cfg", std::make_shared<const std::string>("the next one"));
    const auto client = [](Bench& b) -> Task<> {
      b.ask("boot.efi\1octet\1");
      UdpPeer from;
      for (std::uint16_t block = 1; block <= 10;
           ++block) {  // and of the last one the acknowledgement is lost
        const auto data = co_await b.next(from);
        EXPECT_TRUE(data && (*data)[3] == block);
        if (block < 10) b.acknowledge(from, block);
      }
      b.ask("next.cfg\1octet\1");
      for (;;) {
        const auto data = co_await b.next(from, 1s);
        EXPECT_TRUE(data);
        if (!data) co_return;
        if ((*data)[3] == 10) continue;  // was on its way already
        EXPECT_EQ(as_text(ByteView(*data).subspan(4)), "the next one");
        break;
      }
      b.acknowledge(from, 1);
      while (b.server->counters().completed == 0) co_await b.timers.sleep_for(1ms);
      EXPECT_FALSE(co_await b.next(from, 300ms)) << "the former file is still being sent";
    };
    bench.run(client(bench));
    EXPECT_EQ(bench.server->counters().broken_off, 1U);
    EXPECT_EQ(bench.evidence.facts<NbpSent>().back().file, "next.cfg");
    EXPECT_TRUE(bench.evidence.facts<NbpSent>().back().complete);
  }
}

TEST(TftpServer, AnAcknowledgementThatCameBeforeTheNextRequestCounts) {
  Bench bench(true);
  bench.files.add("next.cfg", std::make_shared<const std::string>("the next one"));
  const auto client = [](Bench& b) -> Task<> {
    b.ask("next.cfg\1octet\1");
    UdpPeer from;
    EXPECT_TRUE(co_await b.next(from));
    b.acknowledge(from, 1);
    b.ask("boot.efi\1octet\1");  // handled in one turn with it
    for (;;) {
      const auto data = co_await b.next(from);
      EXPECT_TRUE(data);
      if (!data || data->size() > 100) break;
    }
    EXPECT_TRUE(b.client.send_to(from, encode_error(ErrorCode::undefined, "")));
    while (b.server->counters().broken_off == 0) co_await b.timers.sleep_for(1ms);
  };
  bench.run(client(bench));
  EXPECT_EQ(bench.server->counters().completed, 1U);
}

TEST(TftpServer, AClientThatNoLargeBlockReachesGetsSmallOnesNextTime) {
  Bench bench;
  const auto client = [](Bench& b) -> Task<> {
    b.ask(
        "boot.efi\1octet\1blksize\1"
        "1000\1");
    UdpPeer transfer;
    EXPECT_EQ(*co_await b.next(transfer), encode_oack({{"blksize", 1000}}));
    b.acknowledge(transfer, 0);
    while (b.server->counters().blocks_lost == 0)
      (void)co_await b.next(transfer, 100ms);  // the path eats them
    EXPECT_TRUE(b.client.send_to(transfer, encode_error(ErrorCode::undefined, "")));
    while (b.server->counters().broken_off == 0) co_await b.timers.sleep_for(1ms);
    while (co_await b.next(transfer, 0ms)) {
    }
    b.ask(
        "boot.efi\1octet\1blksize\1"
        "1000\1");
    EXPECT_EQ(*co_await b.next(transfer), encode_oack({{"blksize", 512}}));
    EXPECT_TRUE(b.client.send_to(transfer, encode_error(ErrorCode::undefined, "")));
    while (b.server->counters().broken_off < 2) co_await b.timers.sleep_for(1ms);
  };
  bench.run(client(bench));
}
