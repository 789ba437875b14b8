#include <cassert>

#include <fmt/format.h>

#include "daemon/appliance_house.hpp"

namespace colony::daemon {

using core::Result;
using core::Task;

Task<Result<>> Appliance::set_up_boot(House& house) {
  const auto place = boot_place(config_.load_balancer, parts_.interfaces);
  if (house.boot && place == house.place) co_return Result<>{};
  // An interface that was made anew is another one to the kernel: what is bound to the old one hears nothing.
  co_await take_down_boot(house);
  if (!place) co_return Result<>{};
  auto neighbours = pxe::dhcp::KernelNeighbours::open(config_.load_balancer.interface.text());
  if (!neighbours) co_return std::unexpected(neighbours.error());
  house.neighbours.emplace(std::move(*neighbours));
  house.clients.emplace(house.addresses, *house.neighbours, house.workshop.boot_policy());
  auto boot = BootHouse::open({.timers = parts_.timers,
                               .random = parts_.random,
                               .log = parts_.log,
                               .pool = parts_.pool,
                               .privileged = parts_.privileged,
                               .workshop = house.workshop,
                               .artifacts = house.artifacts,
                               .addresses = house.addresses,
                               .clients = *house.clients,
                               .findings = house.findings,
                               .leases = parts_.store,
                               .neighbours = *house.neighbours},
                              config_, place->network);
  if (!boot) co_return std::unexpected(boot.error());
  house.boot = std::move(*boot);
  house.place = place;
  house.boot->start(house.serving);
  start_guard(house);
  co_return Result<>{};
}

/// Before the address is claimed: what is wrong with the network is known when the first machine comes.
void Appliance::start_guard(House& house) {
  assert(house.boot && house.place);  // set_up_boot's
  house.guard = guard::GuardShell::open(
      {.timers = parts_.timers,
       .random = parts_.random,
       .log = parts_.log,
       .privileged = parts_.privileged,
       .kernel = parts_.interfaces,
       .findings = house.findings,
       .taken_in = [&boot = *house.boot](guard::Door door) { return boot.taken_in(door); },
       // The DHCP server judges rivals itself.
       .on_lease_servers = [&boot = *house.boot] { boot.look_for_rivals(); }},
      {.interface = config_.load_balancer.interface.text(),
       .network = house.place->network,
       .mode = config_.dhcp.mode,
       .http_port = config_.http.port});
  if (house.guard) house.guard->start(house.serving);
}

Task<> Appliance::take_down_boot(House& house) {
  if (house.boot) co_await house.boot->stop();
  house.serving.cancel();
  co_await house.serving.join();
  house.guard.reset();
  house.boot.reset();
  for (const auto* const key : {"dhcp.rival", "dhcp.conflict", "dhcp.journal"}) house.findings.clear(key);
  house.place.reset();
  house.clients.reset();
  house.neighbours.reset();
}

Task<Result<>> Appliance::serve_machines(House& house, ClaimedAddress claimed) {
  // It came between the look and the claim.
  if (!house.boot) {
    if (auto opened = co_await set_up_boot(house); !opened) co_return opened;
  }
  house.findings.clear("address");
  house.missing.reset();
  house.claimed = std::move(claimed);
  if (house.entered) {
    house.workshop.set_ready(true);
  } else {
    if (auto entered = co_await house.workshop.start(); !entered) co_return entered;
    house.entered = true;
  }
  if (house.boot) house.boot->set_ready(true);
  tell_serving(house);
  co_return Result<>{};
}

void Appliance::stop_serving_machines(House& house, const core::Error& why) {
  if (house.boot) house.boot->set_ready(false);
  if (house.entered) house.workshop.set_ready(false);
  house.claimed.reset();
  house.missing = why;
  house.findings.set("address", fmt::format("no server is served: {}; tried again every minute, and by: "
                                            "systemctl reload colonyd",
                                            why.message));
  tell_status(parts_.manager, fmt::format("not serving: {}", why.message));
}

}  // namespace colony::daemon
