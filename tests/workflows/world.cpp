#include "tests/workflows/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;
namespace scout = drivers::scout;

namespace {

bool take(unsigned& fault) {
  if (fault == 0) return false;
  --fault;
  return true;
}

/// The value of `NAME=` among kernel arguments.
std::string argument(const std::vector<std::string>& arguments, std::string_view name) {
  for (const auto& entry : arguments) {
    if (entry.starts_with(name)) return entry.substr(name.size());
  }
  return {};
}

core::Error unreachable() {
  return {core::ErrorKind::timed_out, "ipmi.session_timeout", "no answer"};
}

}  // namespace

// ---- BMC ----

core::Task<core::Result<>> FakeBmc::reach(core::BootTime deadline) {
  co_await world_.timers.sleep_for(50ms);
  if (server_.faults.bmc_silent) {
    co_await world_.timers.sleep_until(deadline);
    co_return std::unexpected(unreachable());
  }
  if (server_.faults.bmc_wrong_password) {
    co_return core::fail(core::ErrorKind::unauthorized, "ipmi.unauthorized", "the password was refused");
  }
  co_return core::Result<>{};
}

core::Task<core::Result<drivers::BmcIdentity>> FakeBmc::identity(core::BootTime deadline) {
  if (auto reached = co_await reach(deadline); !reached) co_return std::unexpected(reached.error());
  drivers::BmcIdentity identity;
  identity.device_id = 32;
  identity.firmware_revision = "1.73";
  identity.manufacturer_id = 10876;
  identity.product_id = 2404;
  identity.system_guid = server_.bmc_guid;
  identity.product_serial = server_.bmc_fru_serial;
  co_return identity;
}

core::Task<core::Result<core::PowerState>> FakeBmc::power_state(core::BootTime deadline) {
  if (auto reached = co_await reach(deadline); !reached) co_return std::unexpected(reached.error());
  co_return server_.power;
}

core::Task<core::Result<>> FakeBmc::power(drivers::PowerAction action, core::BootTime deadline) {
  if (auto reached = co_await reach(deadline); !reached) co_return reached;
  const bool on = action == drivers::PowerAction::on;
  ++(on ? server_.power_on_commands : server_.power_off_commands);
  if (!take(on ? server_.faults.ignore_power_on : server_.faults.ignore_power_off)) {
    world_.power_changed(server_, on ? core::PowerState::on : core::PowerState::off);
  }
  co_await world_.timers.sleep_for(50ms);
  if (take(server_.faults.lose_power_answer)) {
    co_await world_.timers.sleep_until(deadline);
    co_return std::unexpected(unreachable());
  }
  co_return core::Result<>{};
}

core::Task<core::Result<>> FakeBmc::set_boot_device(const drivers::BootDeviceSetting& setting,
                                                    core::BootTime deadline) {
  const drivers::BootDeviceSetting wanted = setting;
  if (auto reached = co_await reach(deadline); !reached) co_return reached;
  ++server_.boot_device_commands;
  if (server_.faults.refuse_efi && wanted.firmware == drivers::BootFirmware::efi) {
    co_return core::fail(core::ErrorKind::refused, "ipmi.completion_code", "Set Boot Options: 0xcc");
  }
  if (server_.faults.refuse_network_boot && wanted.device == drivers::BootDevice::pxe) {
    co_return core::fail(core::ErrorKind::refused, "ipmi.completion_code", "Set Boot Options: 0xcc");
  }
  if (wanted.device == drivers::BootDevice::none && take(server_.faults.refuse_release)) {
    co_return core::fail(core::ErrorKind::exhausted, "ipmi.busy", "Set Boot Options: 0xc0");
  }
  server_.next_boot = wanted;
  co_return core::Result<>{};
}

core::Task<core::Result<drivers::BootDeviceSetting>> FakeBmc::boot_device(core::BootTime deadline) {
  if (auto reached = co_await reach(deadline); !reached) co_return std::unexpected(reached.error());
  co_return server_.next_boot;
}

core::Task<core::Result<>> FakeBmc::reset_controller(core::BootTime deadline) {
  if (auto reached = co_await reach(deadline); !reached) co_return reached;
  ++server_.bmc_resets;
  server_.faults.until_bmc_reset = false;
  co_return core::Result<>{};
}

core::Task<> FakeBmc::close() {
  co_return;
}

// ---- The program ----

Appliance::Appliance(World& in, Disk& disk, Crash crash, Site site)
    : world(in),
      random(disk.commits * 7919 + 1),
      journal(disk, in.timers, crash),
      workshop({journal, in.timers, random, in.log, *this, {}}, std::move(site)),
      connections(in.timers) {
  const auto start = [](Appliance& self) -> core::Task<> {
    if (const auto opened = co_await self.workshop.open(); !opened) co_return;
    while (!self.world.address_held) co_await self.world.timers.sleep_for(1s);
    const auto begun = co_await self.workshop.start();
    self.started = begun.has_value();
  };
  connections.spawn("start", start(*this));
}

Appliance::~Appliance() {
  connections.cancel();
  bool gone = false;
  const auto end = [](Appliance& self, bool& over) -> core::Task<> {
    co_await self.connections.join();
    co_await self.workshop.abandon();
    over = true;
  };
  world.tasks.spawn("end", end(*this, gone));
  world.run_until([&gone] { return gone; }, 1h);
}

core::Result<std::shared_ptr<drivers::Bmc>> Appliance::at(const BmcRecord& record) {
  return open(record, Open::kept);
}

std::optional<drivers::BmcStanding> Appliance::standing(const BmcRecord& record) const {
  for (auto& server : world.servers) {
    if (world.bmcs == nullptr || server.bmc_address != record.address) continue;
    return world.bmcs->bmc(server, false)->standing();
  }
  return std::nullopt;
}

core::Result<std::shared_ptr<drivers::Bmc>> Appliance::open(const BmcRecord& record, Open how) {
  for (auto& server : world.servers) {
    if (server.bmc_address != record.address) continue;
    if (world.bmcs != nullptr) return world.bmcs->bmc(server, how == Open::afresh);
    return std::make_shared<FakeBmc>(world, server);
  }
  return core::fail(core::ErrorKind::unreachable, "bmc.nobody", "nobody has this address");
}

World::World(Crash crash)
    : timers(loop, *core::parse_utc("2026-11-20T00:00:00Z")), tasks(timers), power_signal_(timers) {
  site_.http_address = *core::Ipv4Address::parse("10.0.0.1");
  site_.scout[Machine::x86_64] = {core::sha256("scout kernel"), {core::sha256("scout initrd")}, {}};
  site_.talos[Machine::x86_64] = {core::sha256("talos kernel"), {core::sha256("talos initrd")}, {}};
  restart(crash);
}

World::~World() {
  appliance_.reset();
  tasks.cancel();
  run_until([this] { return tasks.size() == 0; }, 1h);
}

Server& World::add_server() {
  Server& server = servers.emplace_back();
  const auto n = static_cast<std::uint8_t>(servers.size());
  server.number = n;
  server.mac = core::MacAddress({0x52, 0x54, 0x00, 0x00, 0x00, n});
  core::Uuid::Octets uuid{0x4c, 0x4c, 0x45, 0x44};
  uuid[15] = n;
  server.uuid = core::Uuid(uuid);
  server.bmc_guid = server.uuid.swapped();
  server.serial = fmt::format("SN-{:04}", n);
  server.bmc_fru_serial = server.serial;
  server.address = core::Ipv4Address(0x0a000064U + n);
  server.bmc_address = core::Ipv4Address(0x0a010000U + n);
  for (const char* const kind : {"A", "B"}) {
    FakeDisk drive;
    drive.facts.id = {fmt::format("D{}{}", kind, n), fmt::format("naa.5000{:04x}{}", n, kind[0] - 'A')};
    drive.facts.model = "SAMSUNG MZQL2960";
    drive.facts.device = kind[0] == 'A' ? "sda" : "sdb";
    drive.facts.transport = "sata";
    drive.facts.size_bytes = 960'197'124'096;
    drive.content = "data";
    server.disks.push_back(drive);
  }
  tasks.spawn("server", live(server));
  return server;
}

void World::restart(Crash crash) {
  appliance_.reset();
  ++runs_;
  appliance_ = std::make_unique<Appliance>(*this, disk, crash, site_);
  run_until([this] { return appliance_->started || appliance_->journal.dead(); }, 1min);
}

bool World::run_until(const std::function<bool()>& done, core::Duration limit) {
  return timers.run_until(done, timers.now() + limit);
}

// ---- Servers ----

void World::power_changed(Server& server, core::PowerState power) {
  if (server.power == power) return;
  server.power = power;
  ++server.lives;
  server.runs.clear();
  power_signal_.notify();
}

void World::seen(const Server& server, core::Fact fact) {
  if (!appliance_ || !appliance_->started) return;
  appliance_->workshop.evidence().emit(
      {{}, server.boot_nic(), server.address, server.uuid, timers.utc_now(), "pxe", std::move(fact)});
}

core::Task<> World::live(Server& server) {
  unsigned lived = 0;
  for (;;) {
    if (server.power == core::PowerState::on && server.lives != lived) {
      lived = server.lives;
      co_await boot(server, lived);
      continue;
    }
    (void)co_await power_signal_.wait_until(core::BootTime::max());
  }
}

core::Task<> World::boot(Server& server, unsigned life) {
  co_await timers.sleep_for(20s);  // power-on self test
  bool from_network = server.network_first;
  server.door = 0;
  if (const auto wanted = server.next_boot; wanted.device == drivers::BootDevice::pxe) {
    const bool once = wanted.persistence == drivers::BootPersistence::once;
    if (once) server.next_boot = {};
    from_network = !take(server.faults.ignore_boot_device) &&
                   !(server.faults.only_without_efi && wanted.firmware == drivers::BootFirmware::efi) &&
                   !(server.faults.only_persistent && once) && !server.faults.until_bmc_reset;
  }
  while (alive(server, life)) {
    if (from_network) {
      bool to_disk = false;
      co_await network_boot(server, life, &to_disk);
      if (!alive(server, life)) co_return;
      if (std::exchange(server.passed_disk, false)) {  // round again: the network is all it sees
        co_await timers.sleep_for(10s);
        continue;
      }
      if (!to_disk) co_return;
      if (++server.door < server.doors) continue;
      server.door = 0;
    }
    const auto system =
        std::ranges::find_if(server.disks, [](const FakeDisk& drive) { return !drive.content.empty(); });
    if (system != server.disks.end()) {
      server.runs = "disk";
      server.booted_from_disk = system->content == "talos";
      co_await timers.sleep_for(5s);
      if (alive(server, life) && !server.static_address) seen(server, core::SystemAsked{});
      co_return;
    }
    // Nothing to boot from: firmware goes on with the next device, the network.
    from_network = true;
    co_await timers.sleep_for(10s);
  }
}

core::Task<> World::network_boot(Server& server, unsigned life, bool* to_disk) {
  pxe::BootRequest request{server.boot_nic(),
                           server.uuid,
                           server.efi ? core::ClientArch::efi_x64 : core::ClientArch::bios_x86,
                           core::BootStage::firmware_pxe,
                           {}};
  if (server.door % 2 == 1) {
    request.arch = core::ClientArch::efi_x64_http;
    request.stage = core::BootStage::firmware_http;
  }
  for (int tries = 0; alive(server, life); ++tries) {
    const bool served =
        appliance_ && appliance_->started && appliance_->workshop.boot_policy().serves(request);
    seen(server, core::DhcpSeen{request.arch, request.stage, served});
    if (served) break;
    if (tries == 3) {
      *to_disk = true;
      co_return;
    }
    co_await timers.sleep_for(15s);
  }
  request.stage = core::BootStage::ipxe;
  request.address = server.address;
  while (alive(server, life)) {
    co_await timers.sleep_for(3s);
    if (!appliance_ || !appliance_->started) continue;  // 503: our scripts try again
    const pxe::BootDecision decision = appliance_->workshop.boot_policy().decide(request);
    if (std::holds_alternative<pxe::Silence>(decision)) {
      *to_disk = true;
      co_return;
    }
    if (std::holds_alternative<pxe::Hold>(decision)) {
      server.runs = "hold";
      seen(server, core::ScriptServed{"hold"});
      co_await timers.sleep_for(10s);
      continue;
    }
    if (const auto* local = std::get_if<pxe::LocalDisk>(&decision)) {
      seen(server, core::ScriptServed{"local-disk"});
      server.handovers.push_back(local->handover);
      *to_disk = server.faults.only_handover.value_or(local->handover) == local->handover;
      server.passed_disk = !*to_disk;
      co_return;
    }
    const auto kernel = std::get<pxe::KernelBoot>(decision);
    seen(server, core::ScriptServed{kernel.script});
    co_await timers.sleep_for(4s);
    seen(server, core::ArtifactServed{kernel.kernel.to_string(), 14'000'000, true});
    co_await timers.sleep_for(10s);
    if (!alive(server, life)) co_return;
    server.runs = kernel.script;
    if (kernel.script == "scout") {
      if (server.faults.reset_instead_of_scout) {
        co_await timers.sleep_for(20s);
        continue;
      }
      if (take(server.faults.scout_never_starts)) co_return;
      ++server.scout_boots;
      co_await run_scout(server, life, argument(kernel.arguments, "colony.token="));
    } else {
      const std::string url = argument(kernel.arguments, "talos.config=");
      co_await run_talos(server, life, url.substr(url.rfind('/') + 1));
    }
    co_return;
  }
}

scout::Inventory World::look(const Server& server) const {
  scout::Inventory inventory;
  inventory.smbios.uuid = server.uuid;
  inventory.smbios.manufacturer = "Supermicro";
  inventory.smbios.product = "X11DPT";
  inventory.smbios.serial = server.serial;
  inventory.cpu.model = "Xeon";
  inventory.cpu.sockets = 2;
  inventory.cpu.cores = 32;
  inventory.cpu.threads = 64;
  inventory.memory_bytes = 1ULL << 37;
  inventory.more_disks = server.more_disks;
  auto& nic = inventory.nics.emplace_back();
  nic.name = "eth0";
  nic.mac = server.mac;
  nic.driver = "ixgbe";
  nic.speed_mbps = 10000;
  nic.link_up = true;
  nic.pci_address = "0000:18:00.0";
  if (server.second_nic) {
    inventory.nics.push_back(nic);
    inventory.nics.back().name = "eth1";
    inventory.nics.back().mac = *server.second_nic;
    inventory.nics.back().pci_address = "0000:18:00.1";
  }
  for (const auto& drive : server.disks) {
    inventory.disks.push_back(drive.facts);
    inventory.disks.back().content = drive.content;
  }
  if (server.tells_bmc_address) inventory.bmc.emplace(scout::InBandBmc{server.bmc_address, {}, {}, "1.73"});
  inventory.boot_firmware = server.efi ? "efi" : "bios";
  inventory.boot_mac = server.mac;
  return inventory;
}

core::Task<ScoutReply> World::say(Server& server, std::string token, std::string name, std::string body) {
  co_await timers.sleep_for(5ms);
  const core::Ipv4Address peer = server.address;
  auto reply = co_await request<ScoutReply>(
      [token = std::move(token), name = std::move(name), body = std::move(body), peer](Workshop& workshop) {
        return workshop.scout().handle("/scout/v1/" + name, token, peer, body);
      });
  co_return reply.value_or(ScoutReply{0, ""});
}

core::Task<ScoutReply> World::say_until_answered(Server& server, unsigned life, std::string token,
                                                 std::string name, std::string body) {
  while (alive(server, life)) {
    auto reply = co_await say(server, token, name, body);
    if (reply.status == 200 || reply.status == 401 || reply.status == 409) co_return reply;
    co_await timers.sleep_for(2s);
  }
  co_return ScoutReply{0, ""};
}

core::Task<> World::run_scout(Server& server, unsigned life, std::string token) {
  const auto text = [](const auto& message) { return core::dump_json(scout::to_json(message)); };
  auto reply =
      co_await say_until_answered(server, life, token, "hello", text(scout::Hello{"0.1.0", server.mac}));
  if (reply.status != 200) co_return;
  reply = co_await say_until_answered(server, life, token, "inventory", text(look(server)));
  if (reply.status != 200) co_return;
  while (alive(server, life)) {
    reply = co_await say_until_answered(server, life, token, "order", "{}");
    if (reply.status != 200) co_return;
    const auto json = core::parse_json(reply.body);
    const auto order =
        json ? scout::decode_order(*json) : core::Result<scout::Order>(std::unexpected(json.error()));
    if (!order) co_return;
    if (std::holds_alternative<scout::PowerOff>(*order)) {
      power_changed(server, core::PowerState::off);
    } else if (std::holds_alternative<scout::Reboot>(*order)) {
      ++server.lives;  // on, and another life
      server.runs.clear();
      co_return;
    } else if (const auto* wipe = std::get_if<scout::WipeOrder>(&*order)) {
      co_await run_wipe(server, life, token, *wipe);
      if (server.runs == "dead") co_return;
    }
  }
}

core::Task<> World::run_wipe(Server& server, unsigned life, std::string token, scout::WipeOrder order) {
  const auto text = [](const auto& message) { return core::dump_json(scout::to_json(message)); };
  scout::WipeResult result;
  result.workflow = order.workflow;
  result.attempt = order.attempt;
  result.epoch = order.epoch;
  scout::Redemption redemption{order.workflow, order.attempt, order.epoch, order.token, {}};
  if (server.faults.swap_disk_before_redeem) server.disks.front().facts.id.serial = "OTHER";
  for (const auto& drive : server.disks) {
    const bool ordered = std::ranges::any_of(order.disks, [&drive](const scout::Disk& wanted) {
      return wanted.device == drive.facts.device;  // by name: what a careless scout would do
    });
    if (ordered) redemption.disks.push_back(drive.facts);
  }
  const bool lies = take(server.faults.skip_redeem);
  const bool lose_answer = take(server.faults.lose_redeem_answer);
  bool granted = false;
  if (!lies) {
    const auto answer = co_await say(server, token, "redeem", text(redemption));
    granted = answer.status == 200 && !lose_answer;
    if (granted) ++server.redemptions_granted;
  }
  const bool refuses = granted && take(server.faults.refuse_erase);
  for (const auto& wanted : order.disks) {
    scout::DiskWipe wipe;
    wipe.disk = wanted;
    if (refuses) wipe.error = "scout.disk_busy: the disk is mounted";
    auto found = std::ranges::find(server.disks, wanted.id, [](const FakeDisk& d) { return d.facts.id; });
    if (granted && !refuses && found != server.disks.end()) {
      ++found->writes;
      found->content = "half erased";
      for (unsigned percent = 0; percent <= 100; percent += 25) {
        co_await timers.sleep_for(30s);
        if (!alive(server, life)) co_return;
        (void)co_await say(server, token, "progress", text(scout::Progress{wanted.id, "discard", percent}));
      }
      if (take(server.faults.die_mid_wipe)) {
        server.runs = "dead";
        co_return;
      }
      const bool fails = take(server.faults.fail_erase);
      if (!fails) found->content.clear();
      wipe.verdict = fails ? scout::WipeVerdict::failed : scout::WipeVerdict::erased;
      wipe.method = scout::WipeMethod::discard;
      wipe.bytes_covered = wanted.size_bytes;
      wipe.bytes_read_back = wanted.size_bytes / 10;
      wipe.samples = 1000;
      wipe.sample_seed = "00ff";
      wipe.sample_digest = core::sha256("zeroes").to_string();
      wipe.started_at = wipe.ended_at = core::format_utc(timers.utc_now());
      if (take(server.faults.read_little)) wipe.bytes_read_back = 4096;
      if (fails) wipe.error = "the read-back found old data";
    }
    if (lies) {
      wipe.verdict = scout::WipeVerdict::erased;
      wipe.method = scout::WipeMethod::discard;
      wipe.bytes_covered = wipe.bytes_read_back = wanted.size_bytes;
      wipe.samples = 1000;
      wipe.sample_seed = "00ff";
      wipe.sample_digest = core::sha256("zeroes").to_string();
      wipe.started_at = wipe.ended_at = core::format_utc(timers.utc_now());
    }
    result.disks.push_back(std::move(wipe));
  }
  result.fence_refused = !granted && !lies;
  if (take(server.faults.never_tell_result)) {
    server.runs = "dead";
    co_return;
  }
  (void)co_await say_until_answered(server, life, token, "result", text(result));
}

core::Task<> World::run_talos(Server& server, unsigned life, std::string token) {
  while (alive(server, life)) {
    co_await timers.sleep_for(2s);
    const bool truncated = take(server.faults.truncate_config);
    const bool untold = !truncated && take(server.faults.untold_config);
    const core::Ipv4Address peer = server.address;
    struct Fetched {
      bool complete = false;
      std::string text;
    };
    const auto fetched = co_await request<Fetched>([token, peer, truncated, untold](Workshop& workshop) {
      const auto serve = [](Workshop& in, std::string with, core::Ipv4Address to, bool cut,
                            bool silent) -> core::Task<Fetched> {
        auto grant = co_await in.configs().fetch(with, to);
        if (!grant) co_return Fetched{};
        Fetched out{!cut, std::string(grant->text->reveal())};
        if (!silent) co_await in.configs().delivered(*grant, !cut);
        co_return out;
      };
      return serve(workshop, token, peer, truncated, untold);
    });
    if (!fetched || !fetched->complete) {
      co_await timers.sleep_for(5s);
      continue;
    }
    server.last_config = fetched->text;
    ++server.configs_completed;
    if (take(server.faults.never_install)) co_return;
    if (server.faults.installer_asks_again) seen(server, core::SystemAsked{});
    co_await timers.sleep_for(90s);
    if (!alive(server, life)) co_return;
    server.disks.front().content = "talos";
    ++server.lives;
    server.runs.clear();
    co_return;
  }
}

}  // namespace colony::workflows
