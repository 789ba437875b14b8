#include "daemon/appliance.hpp"

#include <cassert>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "daemon/appliance_house.hpp"
#include "daemon/appliance_status.hpp"
#include "daemon/boot/site.hpp"
#include "daemon/config/unserved.hpp"
#include "daemon/hosted/unlinked.hpp"

namespace colony::daemon {

namespace {

using core::Result;
using core::Task;

void tell_unserved(Findings& findings, const core::Log& log, const Config& config) {
  findings.clear("config.unserved");
  const auto keys = unserved_keys(config);
  if (keys.empty()) return;
  const auto text = fmt::format("set, and without effect in this version: {}", fmt::join(keys, ", "));
  log.warn("config.unserved", text);
  findings.set("config.unserved", text);
}

/// After a reload: which changes are not in force, if any.
void tell_restart(Findings& findings, const std::vector<std::string>& keys) {
  findings.clear("config.faulty");
  findings.clear("config.restart");
  if (keys.empty()) return;
  findings.set("config.restart", fmt::format("changed, and in force only after systemctl restart colonyd: {}",
                                             fmt::join(keys, ", ")));
}

}  // namespace

struct Appliance::Tenant final : AddressUser {
  Tenant(Appliance& owner, House& where) : self(owner), house(where) {}
  Task<Result<>> prepare() override { return self.set_up_boot(house); }
  Task<Result<>> on_held(ClaimedAddress claimed) override {
    return self.serve_machines(house, std::move(claimed));
  }
  void on_missing(const core::Error& why) override { self.stop_serving_machines(house, why); }

  Appliance& self;
  House& house;
};

Appliance::Appliance(Parts parts, Config config)
    : parts_(std::move(parts)), config_(std::move(config)), stopping_(parts_.timers) {}
Appliance::~Appliance() = default;

void Appliance::stop() {
  stopping_.wake();
}

Task<Result<>> Appliance::run() {
  auto port = drivers::ipmi::open_udp_port(parts_.timers, parts_.privileged);
  if (!port) co_return std::unexpected(port.error());
  House house(parts_, config_, std::move(*port));
  house_ = &house;
  const auto served = co_await serve(house);
  tell_stopping(parts_.manager);
  co_await take_down(house);
  house_ = nullptr;
  if (!served) co_return served;
  if (failure_) co_return std::unexpected(*failure_);
  co_return Result<>{};
}

Task<Result<>> Appliance::serve(House& house) {
  if (auto up = co_await bring_up(house); !up) co_return up;
  assert(house.keeper);  // bring_up's
  const auto end_with = [](Appliance& self, Task<core::Error> what) -> Task<> {
    self.fail(co_await std::move(what));
  };
  house.tasks.spawn("address", end_with(*this, house.keeper->keep()));
  co_await stopping_.wait();
  co_return Result<>{};
}

void Appliance::fail(core::Error why) {
  if (!failure_) failure_ = std::move(why);
  stop();
}

Task<Result<>> Appliance::bring_up(House& house) {
  auto& log = parts_.log;
  const auto started = parts_.timers.now();

  // What is known can be looked at from the first answer on, also while there is no address.
  if (auto opened = co_await house.workshop.open(); !opened) co_return opened;
  const auto end = [](Appliance& self, House& at) -> Task<> {
    self.fail(co_await at.workshop.store_failure());
  };
  house.tasks.spawn("store-failure", end(*this, house));

  // The local API comes next: whatever is wrong later can be asked.
  if (auto opened = co_await house.access.open(); !opened) co_return opened;
  if (auto opened = serve_api(house); !opened) co_return opened;

  if (auto opened = co_await set_up_boot(house); !opened) co_return opened;
  house.tasks.spawn("watchdog", feed_watchdog(parts_.manager, parts_.timers, log,
                                              [&store = parts_.store] { return store.waiting_since(); }));
  tell_ready(parts_.manager, fmt::format("claiming {}", config_.load_balancer.ip.to_string()));
  log.info("daemon.ready", "store open, sockets bound",
           {{"after", core::format_duration(parts_.timers.now() - started)}});

  if (auto opened = co_await house.artifacts.open(); !opened) co_return opened;
  house.images =
      co_await import_images(house.artifacts, parts_.share_directory, config_.talos, house.findings);
  for (const auto& missing : house.findings.texts()) log.warn("boot.image_missing", missing);
  serve_tls(house);
  tell_unserved(house.findings, log, config_);
  house.workshop.reconfigure(make_site(config_, house.images));

  // The hosted side hears of us also while there is no address: that is when somebody has to come.
  if (!config_.hosted.enabled) {
    house.tasks.spawn("unlinked", hosted::acknowledge_unlinked(parts_.store));
  } else {
    house.tasks.spawn("unlinked",
                      hosted::bound_until_linked(parts_.store, hosted::LinkSettings{}.kept_at_most,
                                                 [&house] { return house.link.has_value(); }));
  }
  start_link(house);
  if (config_.hosted.enabled && !house.link) {
    house.tasks.spawn("hosted.key", link_when_there_is_a_key(house));
  }

  const auto snapshot = co_await parts_.store.load();
  if (!snapshot) co_return std::unexpected(snapshot.error());
  house.records.emplace(parts_.store, snapshot->settings);
  house.address.emplace(AddressShell::World{.timers = parts_.timers,
                                            .random = parts_.random,
                                            .privileged = parts_.privileged,
                                            .kernel = parts_.interfaces,
                                            .records = *house.records,
                                            .log = log,
                                            .boot_id = system_boot_id()});
  house.tenant = std::make_unique<Tenant>(*this, house);
  house.keeper.emplace(parts_.timers, log, *house.address, *house.tenant,
                       AddressWish{config_.load_balancer.interface, config_.load_balancer.ip});
  co_return Result<>{};
}

void Appliance::tell_serving(const House& house) {
  assert(house.claimed);  // looked at by the callers
  const auto counts = house.workshop.ledger().durable().assets().size();
  tell_status(parts_.manager, fmt::format("serving on {} ({}), {} assets", house.claimed->address.to_string(),
                                          house.claimed->interface, counts));
}

Task<> Appliance::take_down(House& house) {
  // The address goes back before anything that may have to wait for others: a service manager's patience
  // ends.
  if (house.boot) co_await house.boot->stop();
  house.serving.cancel();
  co_await house.serving.join();
  house.tasks.cancel();
  co_await house.tasks.join();
  if (house.address) co_await house.address->give_back();
  if (house.link) co_await house.link->stop();
  if (house.api) co_await house.api->stop();
  if (house.api_tls) co_await house.api_tls->stop();
  co_await house.access.stop();
  co_await house.consoles.stop();
  co_await house.events.stop();
  house.ipmi.set_on_learnt({});  // nothing is written any more
  co_await house.workshop.stop();
  house.bmcs.let_go();
  co_await house.ipmi.close();
}

void Appliance::reload(std::expected<Config, ConfigFaults> wanted) {
  tell_reloading(parts_.manager);
  if (!wanted) {
    for (const auto& fault : wanted.error()) {
      parts_.log.error("config.faulty", "the changed configuration is not taken up: " + fault.to_string());
    }
    if (house_ != nullptr) {
      house_->findings.set("config.faulty", fmt::format("the changed configuration is not taken up: {}",
                                                        wanted.error().front().to_string()));
    }
  } else {
    const auto diff = diff_config(config_, *wanted);
    config_ = with_live_keys(config_, *wanted);
    parts_.log.set_level(config_.log.level);
    if (house_ != nullptr) {
      tell_restart(house_->findings, diff.restart);
      tell_unserved(house_->findings, parts_.log, *wanted);
      house_->consoles.set_capture(config_.bmc.sol_capture);
      house_->workshop.reconfigure(make_site(config_, house_->images));
      house_->desk.set_policy(config_.policy);
      if (house_->operations) house_->operations->set_policy(config_.policy);
      if (house_->link) house_->link->look_at_key();
      if (house_->keeper) serve_tls(*house_);
      if (house_->keeper) start_link(*house_);
      if (house_->keeper) house_->keeper->try_again();
      if (house_->boot) house_->boot->look_again();
      if (house_->guard) house_->guard->look_again();
    }
    parts_.log.info("config.reloaded", "configuration read again",
                    {{"taken_up", fmt::format("{}", fmt::join(diff.live, " "))},
                     {"needs_restart", fmt::format("{}", fmt::join(diff.restart, " "))}});
  }
  if (house_ != nullptr && house_->claimed) {
    tell_ready(parts_.manager, "serving");
    tell_serving(*house_);
  } else {
    tell_ready(parts_.manager,
               house_ != nullptr && house_->keeper ? "not serving: see colony status" : "starting");
  }
}

}  // namespace colony::daemon
