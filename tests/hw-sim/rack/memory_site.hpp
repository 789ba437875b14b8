#pragma once
// A site in memory for tests of the rack: a DHCP server that hands out addresses and names boot files, a TFTP
// server with one small boot program, and HTTP answers by path. Deliberately simple and written by hand.

#include <map>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/virtual_timers.hpp"
#include "hw-sim/net/frame.hpp"
#include "hw-sim/rack/memory_wire.hpp"
#include "hw-sim/rack/rack.hpp"

namespace colony::hw_sim {

inline const core::Ipv4Address site_address = *core::Ipv4Address::parse("10.77.0.5");

/// Answers by target; a missing one is 404. Requests are kept.
class MemoryHttp final : public core::http::HttpExchange {
 public:
  struct Answer {
    unsigned status = 200;
    std::string body;
  };
  explicit MemoryHttp(std::map<std::string, Answer>& answers, std::vector<std::string>& asked)
      : answers_(answers), asked_(asked) {}
  core::Task<core::Result<core::http::ClientResponse>> exchange(core::http::ClientRequest request,
                                                                core::BootTime) override {
    asked_.push_back(request.target);
    core::http::ClientResponse response;
    const auto found = answers_.find(request.target);
    response.status = static_cast<core::http::Status>(found == answers_.end() ? 404 : found->second.status);
    const std::string body = found == answers_.end() ? "" : found->second.body;
    response.body_bytes = body.size();
    if (request.sink && core::http::is_success(response.status)) {
      const auto taken = request.sink(body);
      if (!taken) co_return std::unexpected(taken.error());
    } else {
      response.body = body;
    }
    co_return response;
  }

 private:
  std::map<std::string, Answer>& answers_;
  std::vector<std::string>& asked_;
};

struct MemorySite {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::InlinePool pool;
  core::SeededRandom random{1};
  core::Log log = core::Log::silent();
  MemoryWire wire;
  std::optional<std::uint64_t> struck_at;
  WireCount count;
  Rack rack;

  bool dhcp_answers = true;
  std::map<std::string, MemoryHttp::Answer> http;
  std::vector<std::string> asked;
  std::map<core::MacAddress, std::uint32_t> leases;
  std::vector<core::Bytes> frames;

  explicit MemorySite(std::string_view rack_yaml, double speed = 20,
                      std::optional<std::uint64_t> strike_at = {})
      : count(core::Ipv4Address(), strike_at, [this] { struck_at = count.total(); }),
        rack({timers, pool, random, log, wire, count}, parse_rack_file(rack_yaml).value(),
             ServerTimings::at_speed(speed)) {
    wire.frame_sent = [this](core::ByteView frame) { on_frame(frame); };
    wire.udp_sent = [this](const UdpHandle& handle, core::Ipv4Address, UdpPeer to, core::ByteView datagram) {
      on_tftp(handle, to, datagram);
    };
    wire.http_wanted = [this](const core::http::TcpEndpoint&) {
      return std::make_unique<MemoryHttp>(http, asked);
    };
    rack.start();
  }
  ~MemorySite() {
    bool closed = false;
    core::TaskGroup group(timers);
    const auto close = [](Rack& r, bool& done) -> core::Task<> {
      co_await r.close();
      done = true;
    };
    group.spawn("close", close(rack, closed));
    timers.run_until([&] { return group.size() == 0; }, timers.now() + std::chrono::hours(1));
    EXPECT_TRUE(closed);
  }

  Server& server(std::size_t index) { return rack.server({index}); }
  void power_on(std::size_t index) {
    // A Get Chassis Control needs a session; the chassis is asked directly, then woken as by its BMC.
    server(index).set_now(timers.now());
    server(index).act(drivers::PowerAction::on);
    rack.on_bmc(server(index).profile().bmc_address.address, {site_address, 1}, {});
  }
  bool run_until(const std::function<bool()>& done, core::Duration limit = std::chrono::minutes(10)) {
    return timers.run_until(done, timers.now() + limit);
  }

 private:
  static void option(core::ByteWriter& out, std::uint8_t code, core::ByteView value) {
    out.u8(code);
    out.u8(static_cast<std::uint8_t>(value.size()));
    out.bytes(value);
  }

  void on_frame(core::ByteView bytes) {
    frames.emplace_back(bytes.begin(), bytes.end());
    const auto frame = decode_frame(bytes);
    if (!dhcp_answers || !frame) return;
    const core::ByteView request = std::get<UdpFrame>(*frame).payload;
    const core::MacAddress mac = std::get<UdpFrame>(*frame).source_mac;
    const auto lease =
        leases.try_emplace(mac, 0x0a4d0200U + static_cast<std::uint32_t>(leases.size()) + 10).first;
    const bool discover = request[242] == 1;
    const bool ipxe = core::as_text(request).find("iPXE") != std::string_view::npos;
    const bool pxe = core::as_text(request).find("PXEClient") != std::string_view::npos;
    core::ByteWriter out(600);
    out.u8(2);
    out.bytes(request.subspan(1, 3));
    out.bytes(request.subspan(4, 4));
    out.fill(8, 0);
    out.u32be(lease->second);
    out.u32be(site_address.value());
    out.u32be(0);
    out.bytes(request.subspan(28, 16));
    out.fill(192, 0);
    out.u32be(0x63825363);
    const core::Byte type = discover ? 2 : 5;
    option(out, 53, {&type, 1});
    const auto id = *core::parse_hex("0a4d0005");
    option(out, 54, id);
    if (pxe) {
      option(out, 60, core::as_bytes("PXEClient"));
      option(out, 67, core::as_bytes(ipxe ? "http://10.77.0.5/boot.ipxe" : "ipxe.efi"));
    }
    out.u8(255);
    rack.on_dhcp(site_address, out.view());
  }

  void on_tftp(const UdpHandle& handle, UdpPeer to, core::ByteView datagram) {
    if (handle.use != UdpUse::tftp || to.port != 69) return;
    const bool probe = core::as_text(datagram).find("tsize") != std::string_view::npos;
    core::ByteWriter out(64);
    out.u16be(probe ? 6 : 3);
    if (probe) {
      out.text(std::string_view("tsize\0004\0", 8));
    } else {
      out.u16be(1);
      out.text("iPXE");
    }
    const core::Bytes answer(out.view().begin(), out.view().end());
    rack.on_udp(handle, {site_address, 40000}, answer);
  }
};

}  // namespace colony::hw_sim
