// An attacker forges the source address of a machine that we serve, to make us flood it (reliability: no
// reflection). The server's own parts under virtual time: what may start, and what then leaves.

#include <list>

#include <gtest/gtest.h>

#include "pxe/tftp/admission.hpp"
#include "pxe/tftp/sender.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::pxe;
using namespace colony::pxe::tftp;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t file_size = 1'000'000;
constexpr std::size_t headers = 28;  // IP and UDP

struct Flood {
  test::ListedAddresses addresses;
  Admission admission{ClientRule::known, *Ipv4Network::parse("10.1.1.5/24"), addresses, {}};
  struct Transfer {
    Ticket ticket;
    Sender sender;
  };
  std::list<Transfer> transfers;
  Agreement agreement;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::size_t most_running = 0;
  unsigned requests = 0;

  void count(const Step& step, const Sender& sender) {
    if (std::holds_alternative<SendOack>(step)) bytes_out += headers + encode_oack(agreement.oack).size();
    if (const auto* blocks = std::get_if<SendBlocks>(&step)) {
      for (std::uint64_t i = 0; i < blocks->count; ++i) {
        bytes_out += headers + data_header_size + sender.extent(blocks->first + i).size;
      }
    }
  }
  enum class Ports : std::uint8_t { many, one };
  /// One request every `interval`, each from another port, or from one and for another file; nobody ever
  /// acknowledges.
  void run(UdpPeer forged, const Bytes& request, Duration interval, Duration length,
           Ports ports = Ports::many) {
    const auto parsed = parse_request(request);
    ASSERT_TRUE(parsed);
    agreement = negotiate(parsed->options, {}, file_size);
    for (BootTime now(1h); now < BootTime(1h) + length; now += interval) {
      for (auto at = transfers.begin(); at != transfers.end();) {
        Step step = Finished{};
        if (admission.holds(at->ticket)) step = at->sender.on_time(now);
        count(step, at->sender);
        const auto old = at++;
        if (!std::holds_alternative<Finished>(step)) continue;
        admission.leave(old->ticket);
        transfers.erase(old);
      }
      bytes_in += headers + request.size();
      if (ports == Ports::many) ++forged.port;
      const auto [verdict, ticket] = admission.enter(forged, std::to_string(++requests), now);
      if (verdict != Verdict::admitted && verdict != Verdict::succeeds) continue;
      transfers.push_back({ticket, Sender(agreement, file_size)});
      count(transfers.back().sender.start(now), transfers.back().sender);
      most_running = std::max(most_running, admission.running());
    }
  }
};

const Ipv4Address machine = *Ipv4Address::parse("10.1.1.20");

}  // namespace

TEST(TftpReflection, AFloodInTheNameOfAKnownMachineIsNotMultiplied) {
  const std::pair<const char*, Bytes> requests[] = {
      {"without options", encode_read_request("undionly.kpxe", {})},
      {"with a large block", encode_read_request("undionly.kpxe", {{"blksize", 65464}})},
      {"with a window", encode_read_request("f", {{"blksize", 1468}, {"windowsize", 64}})},
  };
  for (const auto& [what, request] : requests) {
    Flood flood;
    flood.addresses.machines[machine] = *MacAddress::parse("52:54:00:00:00:07");
    flood.run({machine, 1024}, request, 10ms, 60s);
    EXPECT_LE(flood.most_running, 2U) << what;
    EXPECT_GT(flood.bytes_out, 0U) << what;
    EXPECT_LE(flood.bytes_out, 3 * flood.bytes_in) << what;
  }
}

TEST(TftpReflection, NorIsOneThatAsksForAnotherFileEachTimeFromOnePort) {
  Flood flood;
  flood.addresses.machines[machine] = *MacAddress::parse("52:54:00:00:00:07");
  flood.run({machine, 1024}, encode_read_request("undionly.kpxe", {}), 10ms, 60s, Flood::Ports::one);
  EXPECT_EQ(flood.most_running, 1U);
  EXPECT_GT(flood.bytes_out, 0U);
  EXPECT_LE(flood.bytes_out, 3 * flood.bytes_in);
}

TEST(TftpReflection, NotARequestIsAnsweredMoreThanFourTimes) {
  Flood flood;
  flood.addresses.machines[machine] = *MacAddress::parse("52:54:00:00:00:07");
  flood.run({machine, 1024}, encode_read_request("f", {}), 1h, 1h);
  EXPECT_EQ(flood.transfers.size(), 1U);
  auto& sender = flood.transfers.front().sender;
  std::size_t sendings = 1;
  for (int i = 0; i < 20; ++i) {
    const auto step = sender.on_time(sender.deadline());
    if (std::holds_alternative<SendBlocks>(step)) ++sendings;
    if (std::holds_alternative<Finished>(step)) break;
  }
  EXPECT_EQ(sendings, 4U);
}

TEST(TftpReflection, NothingLeavesForStrangersNearOrFar) {
  Flood flood;
  flood.run({machine, 1024}, encode_read_request("f", {}), 10ms, 10s);
  flood.run({*Ipv4Address::parse("192.0.2.1"), 1024}, encode_read_request("f", {}), 10ms, 10s);
  EXPECT_EQ(flood.bytes_out, 0U);
}
