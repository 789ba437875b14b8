#include "workflows/workshop.hpp"

#include "workflows/boot/boot_policy.hpp"
#include "workflows/desk/order_desk.hpp"
#include "workflows/engine/engine.hpp"
#include "workflows/recipes/recipes.hpp"

namespace colony::workflows {

namespace {

constexpr const char* token_key = "token_key";

std::vector<Recipe> all_recipes(const Pacing& pacing) {
  return {discover_recipe(pacing), provision_recipe(pacing), wipe_recipe(pacing),
          power_recipe(pacing),    reboot_recipe(pacing),    bmc_rotate_recipe(pacing)};
}

}  // namespace

// In the order in which they need each other; they die in the reverse order.
struct Workshop::Rooms {
  Rooms(Parts parts, Site configured)
      : site(std::move(configured)),
        timers(parts.timers),
        random(parts.random),
        ledger(parts.journal, parts.timers, parts.log),
        registry(ledger),
        window(ledger, parts.timers),
        timelines(ledger, parts.timers, parts.log,
                  [this](const core::Evidence& evidence) { return registry.attribute(evidence); }),
        handovers(ledger, registry, timelines, site),
        policy(ledger, registry, window, tokens, handovers, site, parts.timers),
        scout({ledger, registry, timelines, tokens, site, parts.timers, parts.random, parts.log}),
        configs({ledger, registry, timelines, parts.timers, parts.log, std::move(parts.mac_of)}),
        tools{ledger, registry, timelines, tokens, site, scout, parts.bmcs, false},
        engine({ledger, timelines, parts.timers, parts.random, parts.log, &tools}, all_recipes(site.pacing)),
        desk({ledger, registry, timelines, handovers, window, engine, tokens, site, parts.bmcs, parts.timers,
              parts.random, parts.log}) {}

  void set_ready(bool ready) {
    policy.set_ready(ready);
    scout.set_ready(ready);
    configs.set_ready(ready);
    desk.set_ready(ready);
    tools.serving.set(ready, timers.now());
  }

  Site site;
  core::Timers& timers;
  core::Random& random;
  Tokens tokens;
  Ledger ledger;
  Registry registry;
  DiscoveryWindow window;
  Timelines timelines;
  HandoverBook handovers;
  JournalBootPolicy policy;
  ScoutService scout;
  ConfigDelivery configs;
  Tools tools;
  Engine engine;
  OrderDesk desk;
};

Workshop::Workshop(Parts parts, Site site)
    : rooms_(std::make_unique<Rooms>(std::move(parts), std::move(site))) {}
Workshop::~Workshop() = default;

core::Task<core::Result<>> Workshop::open() {
  return rooms_->ledger.open();
}

core::Task<core::Result<>> Workshop::start() {
  if (!rooms_->ledger.durable().secret(token_key)) {
    Batch batch;
    batch.writes.emplace_back(SecretRow{token_key, core::Secret(rooms_->random.token(256))});
    if (auto kept = co_await rooms_->ledger.commit(std::move(batch)); !kept) co_return kept;
  }
  rooms_->tokens.set_key(rooms_->ledger.durable().secret(token_key)->clone());
  // Before any step is entered, so that none takes this start for a time in which it was not served.
  rooms_->tools.serving.set(true, rooms_->timers.now());
  if (auto resumed = co_await rooms_->engine.resume(); !resumed) co_return resumed;
  rooms_->set_ready(true);
  co_return core::Result<>{};
}

void Workshop::set_ready(bool ready) {
  rooms_->set_ready(ready);
}

core::Task<> Workshop::stop() {
  rooms_->set_ready(false);
  co_await rooms_->engine.stop();
  co_await rooms_->ledger.close();
}

core::Task<> Workshop::abandon() {
  rooms_->set_ready(false);
  co_await rooms_->engine.stop();
  co_await rooms_->ledger.abandon();
}

core::Task<core::Error> Workshop::store_failure() {
  for (;;) {
    if (const auto& failure = rooms_->ledger.failure()) co_return *failure;
    (void)co_await rooms_->ledger.changed().wait_until(core::BootTime::max());
  }
}

void Workshop::reconfigure(Site site) {
  rooms_->site = std::move(site);
}

void Workshop::keep(SettingRow row) {
  Batch batch;
  batch.writes.emplace_back(std::move(row));
  rooms_->ledger.post(std::move(batch));
}

Orders& Workshop::orders() {
  return rooms_->desk;
}
pxe::BootPolicy& Workshop::boot_policy() {
  return rooms_->policy;
}
core::EvidenceSink& Workshop::evidence() {
  return rooms_->timelines;
}
ScoutService& Workshop::scout() {
  return rooms_->scout;
}
ConfigDelivery& Workshop::configs() {
  return rooms_->configs;
}
const Timelines& Workshop::timelines() const {
  return rooms_->timelines;
}
void Workshop::observe(Ledger::Observer observer) {
  rooms_->ledger.observe_durable(std::move(observer));
}
const Ledger& Workshop::ledger() const {
  return rooms_->ledger;
}

}  // namespace colony::workflows
