#include "hw-sim/rack/rack.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "hw-sim/rack/scout_link.hpp"
#include "hw-sim/rack/scout_machine.hpp"
#include "ramdisk/scout/agent.hpp"
#include "ramdisk/scout/boot_arguments.hpp"

namespace colony::hw_sim {

namespace {

constexpr core::Duration http_patience = std::chrono::seconds(60);  // of one image

}  // namespace

/// What scout talks through. Its erasures use it too, and may end after run_agent was cancelled: so it lives
/// until every task of that boot is gone.
struct Rack::ScoutWay {
  ScoutWay(RackWorld& world, const core::http::TcpEndpoint& endpoint, core::Secret token, FaultPlan& faults)
      : exchange(world.wire.http(endpoint)),
        link(world.timers, *exchange, endpoint.address, std::move(token), faults, world.count) {}
  std::unique_ptr<core::http::HttpExchange> exchange;
  ScoutLink link;
};

struct Rack::Slot {
  Slot(core::Timers& timers, ServerIndex at, ServerProfile profile, ServerTimings timings, FaultPlan faults,
       BmcProfile bmc_profile, core::Random& random)
      : index(at),
        server(std::move(profile), timings, std::move(faults), random),
        bmc(std::move(bmc_profile), server, random),
        boot_tasks(timers),
        changed(timers),
        ticking(timers) {}

  ServerIndex index;
  Server server;
  BmcModel bmc;
  std::optional<core::Ipv4Address> held;
  std::vector<UdpHandle> open_udp;
  std::vector<UdpHandle> heard_udp;  // of which a datagram was counted already
  std::vector<std::unique_ptr<ScoutWay>> scout_ways;
  core::TaskGroup boot_tasks;  // fetches and scout of the running boot
  core::Wakeup changed;
  core::TaskGroup ticking;
};

Rack::Rack(RackWorld world, RackFile file, ServerTimings timings)
    : world_(world), timings_(timings), delayed_(world.timers) {
  for (RackServer& entry : file.servers) {
    FaultPlan faults;
    for (const Fault& fault : entry.faults) faults.add(fault);
    auto slot = std::make_unique<Slot>(world_.timers, ServerIndex{slots_.size()}, std::move(entry.profile),
                                       timings_, std::move(faults), std::move(entry.bmc), world_.random);
    for (const BmcFault& fault : entry.bmc_faults) slot->bmc.faults().add(fault);
    by_mac_[slot->server.profile().mac] = slot.get();
    by_bmc_[slot->server.profile().bmc_address.address] = slot.get();
    slots_.push_back(std::move(slot));
  }
}

Rack::~Rack() = default;

void Rack::start() {
  for (auto& slot : slots_) {
    const ServerProfile& profile = slot->server.profile();
    world_.wire.hold(profile.bmc_mac, profile.bmc_address.address);
    slot->ticking.spawn("rack tick", tick(*slot));
  }
  ++changes_;
}

core::Task<> Rack::close() {
  delayed_.cancel();
  for (auto& slot : slots_) {
    slot->ticking.cancel();
    slot->boot_tasks.cancel();
  }
  co_await delayed_.join();
  for (auto& slot : slots_) {
    co_await slot->ticking.join();
    co_await slot->boot_tasks.join();
  }
}

Server& Rack::server(ServerIndex index) {
  assert(index.value < slots_.size());
  return slots_[index.value]->server;
}

core::Json Rack::report() const {
  core::Json servers = core::Json::array();
  for (const auto& slot : slots_) servers.push_back(server_report(slot->server, slot->bmc));
  return {{"wire", count_report(world_.count)}, {"servers", std::move(servers)}};
}

core::Task<> Rack::tick(Slot& slot) {
  for (;;) {
    const auto deadline = std::min(slot.server.deadline().value_or(core::BootTime::max()),
                                   slot.bmc.deadline().value_or(core::BootTime::max()));
    (void)co_await slot.changed.wait_until(deadline);
    const core::BootTime now = world_.timers.now();
    send_serial(slot);
    const auto due = slot.server.deadline();
    if (!due || now < *due) continue;
    slot.server.on_deadline(now);
    carry_out(slot);
  }
}

/// What the machine printed, to whoever has its console open.
void Rack::send_serial(Slot& slot) {
  for (const auto& outgoing : slot.bmc.take_outgoing(world_.timers.now())) {
    const UdpPeer to{core::Ipv4Address(static_cast<std::uint32_t>(outgoing.to >> 16)),
                     static_cast<std::uint16_t>(outgoing.to)};
    world_.wire.send_bmc(slot.server.profile().bmc_address.address, to, outgoing.bytes);
  }
}

void Rack::carry_out(Slot& slot) {
  ++changes_;
  for (const ServerAction& action : slot.server.take()) {
    std::visit([&](const auto& a) { carry_out(slot, a); }, action);
  }
  slot.changed.wake();
}

void Rack::carry_out(Slot& slot, const action::SendFrame& send) {
  const auto fault = slot.server.faults().strike(FaultPoint::dhcp_request);
  if (fault && fault->kind == FaultKind::lose) return;
  if (fault && fault->kind == FaultKind::late) {
    later(fault->delay, [this, frame = send.frame] { world_.wire.send_frame(frame); });
    return;
  }
  world_.wire.send_frame(send.frame);
  if (fault && fault->kind == FaultKind::duplicate) world_.wire.send_frame(send.frame);
}

void Rack::carry_out(Slot& slot, const action::SendUdp& send) {
  if (!slot.held) return;
  const UdpHandle handle{slot.index, slot.server.boot_number(), send.use};
  const auto& open = slot.open_udp;
  if (std::find(open.begin(), open.end(), handle) == open.end()) slot.open_udp.push_back(handle);
  const UdpPeer to{send.to, send.port};
  const auto point = send.use == UdpUse::tftp ? FaultPoint::tftp_request : FaultPoint::dhcp_request;
  const auto fault = slot.server.faults().strike(point);
  if (fault && fault->kind == FaultKind::lose) return;
  if (fault && fault->kind == FaultKind::late) {
    later(fault->delay, [this, &slot, handle, to, payload = send.payload] {
      const auto& still = slot.open_udp;
      const bool usable = slot.held && std::find(still.begin(), still.end(), handle) != still.end();
      if (usable) world_.wire.send_udp(handle, *slot.held, to, payload);
    });
    return;
  }
  world_.wire.send_udp(handle, *slot.held, to, send.payload);
  if (fault && fault->kind == FaultKind::duplicate)
    world_.wire.send_udp(handle, *slot.held, to, send.payload);
}

void Rack::carry_out(Slot& slot, const action::CloseUdp& close) {
  const UdpHandle handle{slot.index, slot.server.boot_number(), close.use};
  if (std::erase(slot.open_udp, handle) == 0) return;
  std::erase(slot.heard_udp, handle);
  world_.wire.close_udp(handle);
}

void Rack::carry_out(Slot& slot, const action::HoldAddress& hold) {
  if (slot.held && *slot.held != hold.address) world_.wire.release(*slot.held);
  slot.held = hold.address;
  world_.wire.hold(slot.server.profile().mac, hold.address);
}

void Rack::carry_out(Slot& slot, const action::Fetch& wanted) {
  if (!slot.held) return;
  slot.boot_tasks.spawn("rack fetch", fetch(slot, slot.server.boot_number(), wanted, *slot.held));
}

void Rack::carry_out(Slot& slot, const action::StartScout& start) {
  if (slot.server.faults().strike(FaultPoint::scout_agent)) return;  // it hangs before its first word
  if (!slot.held) return;
  if (slot.boot_tasks.size() == 0) slot.scout_ways.clear();
  slot.boot_tasks.spawn("rack scout",
                        run_scout(slot, slot.server.boot_number(), start.command_line, *slot.held));
}

void Rack::carry_out(Slot& slot, const action::Halt&) {
  slot.boot_tasks.cancel();
  for (const UdpHandle& handle : std::exchange(slot.open_udp, {})) world_.wire.close_udp(handle);
  slot.heard_udp.clear();
  if (slot.held) world_.wire.release(*slot.held);
  slot.held.reset();
}

core::Task<> Rack::fetch(Slot& slot, std::uint64_t boot, action::Fetch wanted, core::Ipv4Address from) {
  FetchResult result;
  auto url = core::http::parse_url(wanted.url);
  const auto asked = slot.server.faults().strike(FaultPoint::http_request);
  if (asked && asked->kind == FaultKind::late) co_await world_.timers.sleep_for(asked->delay);
  if (asked && asked->kind != FaultKind::late) {
    result.problem = "connection lost (fault)";
  } else if (!url) {
    result.problem = url.error().message;
  } else {
    url->endpoint.local_address = from;
    const auto exchange = world_.wire.http(url->endpoint);
    core::Sha256 hash;
    core::http::ClientRequest request;
    request.target = url->target;
    request.body_limit = 64 << 10;  // of an error's page
    request.sink = [&](std::string_view piece) -> core::Result<> {
      hash.update(core::as_bytes(piece));
      result.bytes += piece.size();
      const std::size_t room = wanted.keep - std::min(wanted.keep, result.body.size());
      result.body.append(piece.substr(0, room));
      return {};
    };
    const auto response =
        co_await exchange->exchange(std::move(request), world_.timers.now() + http_patience);
    result.digest = hash.finish();
    if (response) {
      result.status = core::http::code(response->status);
      world_.count.received(WireMessage::http_response, url->endpoint.address);
    } else {
      result.problem = response.error().message;
    }
    const auto heard = slot.server.faults().strike(FaultPoint::http_reply);
    if (heard && heard->kind == FaultKind::late) co_await world_.timers.sleep_for(heard->delay);
    if (heard && heard->kind != FaultKind::late) result.problem = "connection lost (fault)";
  }
  slot.server.on_fetched(boot, wanted.id, result, world_.timers.now());
  carry_out(slot);
}

core::Task<> Rack::run_scout(Slot& slot, std::uint64_t boot, std::string command_line,
                             core::Ipv4Address from) {
  ScoutEnd end = ScoutEnd::failed;
  auto arguments = ramdisk::parse_boot_arguments(command_line);
  const auto url = arguments ? core::http::parse_url(arguments->url) : std::unexpected(arguments.error());
  if (url) {
    auto endpoint = url->endpoint;
    endpoint.local_address = from;
    auto way =
        std::make_unique<ScoutWay>(world_, endpoint, std::move(arguments->token), slot.server.faults());
    ScoutWay& used = *way;
    slot.scout_ways.push_back(std::move(way));
    const ramdisk::AgentWorld world{world_.timers,
                                    slot.boot_tasks,
                                    world_.pool,
                                    world_.random,
                                    world_.log,
                                    used.link,
                                    make_scout_machine(slot.server)};
    const auto ended = co_await ramdisk::run_agent(world, {"hw-sim", slot.server.profile().mac});
    switch (ended) {
      case ramdisk::AgentEnd::power_off: end = ScoutEnd::power_off; break;
      case ramdisk::AgentEnd::reboot: end = ScoutEnd::reboot; break;
      case ramdisk::AgentEnd::rejected: end = ScoutEnd::rejected; break;
    }
  }
  slot.server.on_scout_ended(boot, end, world_.timers.now());
  carry_out(slot);
}

void Rack::on_dhcp(core::Ipv4Address source, core::ByteView payload) {
  const auto reply = decode_dhcp_reply(payload);
  if (!reply) return;
  const auto found = by_mac_.find(reply->client_mac);
  if (found == by_mac_.end()) return;
  Slot& slot = *found->second;
  if (slot.server.power() == core::PowerState::off) return;
  const auto fault = slot.server.faults().strike(FaultPoint::dhcp_reply);
  if (fault && fault->kind == FaultKind::lose) return;
  world_.count.received(WireMessage::dhcp_reply, source);
  if (fault && fault->kind == FaultKind::late) {
    later(fault->delay, [this, &slot, reply = *reply] { hear_dhcp(slot, reply); });
    return;
  }
  hear_dhcp(slot, *reply);
  if (fault && fault->kind == FaultKind::duplicate) hear_dhcp(slot, *reply);
}

void Rack::hear_dhcp(Slot& slot, const DhcpReply& reply) {
  slot.server.on_dhcp(reply, world_.timers.now());
  carry_out(slot);
}

void Rack::on_udp(const UdpHandle& handle, UdpPeer from, core::ByteView datagram) {
  if (handle.server.value >= slots_.size()) return;
  Slot& slot = *slots_[handle.server.value];
  const bool tftp = handle.use == UdpUse::tftp;
  const auto fault = slot.server.faults().strike(tftp ? FaultPoint::tftp_data : FaultPoint::dhcp_reply);
  if (fault && fault->kind == FaultKind::lose) return;
  if (!tftp) {
    world_.count.received(WireMessage::dhcp_reply, from.address);
  } else if (std::find(slot.heard_udp.begin(), slot.heard_udp.end(), handle) == slot.heard_udp.end()) {
    slot.heard_udp.push_back(handle);
    world_.count.received(WireMessage::tftp_start, from.address);
  }
  if (fault && fault->kind == FaultKind::late) {
    later(fault->delay, [this, &slot, handle, from, bytes = core::Bytes(datagram.begin(), datagram.end())] {
      hear_udp(slot, handle, from, bytes);
    });
    return;
  }
  hear_udp(slot, handle, from, datagram);
  if (fault && fault->kind == FaultKind::duplicate) hear_udp(slot, handle, from, datagram);
}

void Rack::hear_udp(Slot& slot, const UdpHandle& handle, UdpPeer from, core::ByteView datagram) {
  slot.server.on_datagram(handle.boot, handle.use, from.address, from.port, datagram, world_.timers.now());
  carry_out(slot);
}

void Rack::on_bmc(core::Ipv4Address bmc, UdpPeer from, core::ByteView datagram) {
  const auto found = by_bmc_.find(bmc);
  if (found == by_bmc_.end()) return;
  Slot& slot = *found->second;
  world_.count.received(WireMessage::bmc_request, from.address);
  const core::BootTime now = world_.timers.now();
  slot.server.set_now(now);
  const BmcPeer peer = static_cast<BmcPeer>(from.address.value()) << 16 | from.port;
  for (BmcReply& reply : slot.bmc.on_datagram(datagram, now, peer)) {
    if (reply.delay <= core::Duration::zero()) {
      world_.wire.send_bmc(bmc, from, reply.bytes);
    } else {
      later(reply.delay,
            [this, bmc, from, bytes = std::move(reply.bytes)] { world_.wire.send_bmc(bmc, from, bytes); });
    }
  }
  carry_out(slot);
}

void Rack::later(core::Duration delay, std::function<void()> act) {
  const auto wait = [](core::Timers& timers, core::Duration span,
                       std::function<void()> then) -> core::Task<> {
    co_await timers.sleep_for(span);
    then();
  };
  delayed_.spawn("rack delay", wait(world_.timers, delay, std::move(act)));
}

}  // namespace colony::hw_sim
