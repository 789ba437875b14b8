#include "ramdisk/scout/agent.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/async/wakeup.hpp"
#include "ramdisk/scout/conversation.hpp"
#include "ramdisk/scout/wipe_run.hpp"

namespace colony::ramdisk {

using namespace std::chrono_literals;
using core::Duration;
using core::Result;
using core::Task;
using drivers::scout::Order;
using drivers::scout::WipeOrder;
using drivers::scout::WipeResult;

namespace {

constexpr Duration patience = 30s;
constexpr Duration order_patience = 70s;  // the server holds an empty answer for 50 s
constexpr Duration strange_order_pause = 10s;
constexpr Duration news_interval = 2s;
constexpr Duration news_patience = 5s;

/// Tells colonyd again what the machine is when a switch says who it is after the inventory was sent. Shared
/// by the agent and its task, because either may end first.
struct NewsWatch {
  explicit NewsWatch(core::Timers& timers) : wakeup(timers) {}
  core::Wakeup wakeup;
  drivers::scout::Inventory told;
  bool busy = false;  // with an erasure: what it is made of is not asked for then
  bool over = false;
};

core::Task<> watch_neighbours(std::shared_ptr<NewsWatch> watch, core::Timers& timers,
                              core::BlockingPool& pool, Conversation conversation,
                              std::shared_ptr<Machine> machine) {
  while (!watch->over) {
    (void)co_await watch->wakeup.wait_until(timers.now() + news_interval);
    if (watch->over || watch->busy) continue;
    const auto heard = co_await pool.run<Neighbours>(timers, [machine] { return machine->neighbours(); });
    auto now = watch->told;
    add_neighbours(now, heard);
    const bool same = std::ranges::equal(now.nics, watch->told.nics, {}, &drivers::scout::Nic::lldp,
                                         &drivers::scout::Nic::lldp);
    if (same || watch->over || watch->busy) continue;
    // A courtesy, like progress: tried again at the next look when nobody answers.
    const auto reply = co_await conversation.once("inventory", core::dump_json(to_json(now)), news_patience);
    if (reply && reply->status == 200) watch->told = std::move(now);
  }
}

class Agent {
 public:
  Agent(AgentWorld world, AgentIdentity identity)
      : world_(std::move(world)),
        identity_(std::move(identity)),
        conversation_(world_.timers, world_.log, world_.transport) {}
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent() {
    if (!news_) return;
    news_->over = true;
    news_->wakeup.wake();
  }

  Task<AgentEnd> run() {
    auto said = co_await conversation_.until_answered("hello", hello(), patience);
    if (said.answer != Answer::accepted) co_return rejected("hello");
    const auto inventory = co_await look();
    said = co_await conversation_.until_answered("inventory", core::dump_json(to_json(inventory)), patience);
    if (said.answer == Answer::rejected) co_return rejected("inventory");
    if (world_.machine->hears_neighbours()) {
      news_ = std::make_shared<NewsWatch>(world_.timers);
      news_->told = inventory;
      world_.tasks.spawn("news",
                         watch_neighbours(news_, world_.timers, world_.pool, conversation_, world_.machine));
    }
    for (;;) {
      said = co_await conversation_.until_answered("order", "{}", order_patience);
      if (said.answer != Answer::accepted) co_return rejected("order");
      const auto order = parse(said.body);
      if (!order) {
        world_.log.error("scout.order_refused", "colonyd's order is not understood; nothing is done",
                         {{"cause", order.error().message}});
        co_await world_.timers.sleep_for(strange_order_pause);
        continue;
      }
      if (std::holds_alternative<drivers::scout::PowerOff>(*order)) co_return AgentEnd::power_off;
      if (std::holds_alternative<drivers::scout::Reboot>(*order)) co_return AgentEnd::reboot;
      if (const auto* wipe = std::get_if<WipeOrder>(&*order)) {
        if (!co_await obey(*wipe)) co_return rejected("result");
      }
    }
  }

 private:
  [[nodiscard]] std::string hello() const {
    return core::dump_json(to_json(
        drivers::scout::Hello{.scout_version = identity_.scout_version, .boot_mac = identity_.boot_mac}));
  }

  AgentEnd rejected(std::string_view message) const {
    world_.log.error("scout.rejected", "colonyd does not know this boot; nothing on this machine is touched",
                     {{"message", message}});
    return AgentEnd::rejected;
  }

  static Result<Order> parse(const std::string& body) {
    const auto json = core::parse_json(body);
    if (!json) return std::unexpected(json.error());
    return drivers::scout::decode_order(*json);
  }

  Task<drivers::scout::Inventory> look() {
    for (;;) {
      auto inventory = co_await world_.pool.run<Result<drivers::scout::Inventory>>(
          world_.timers, [machine = world_.machine] { return machine->inventory(); });
      if (inventory) {
        inventory->boot_mac = identity_.boot_mac;
        co_return std::move(*inventory);
      }
      world_.log.error("scout.inventory_failed", "the machine could not be looked at; trying again",
                       {{"cause", inventory.error().message}});
      co_await world_.timers.sleep_for(strange_order_pause);
    }
  }

  /// False when colonyd rejected us while we told the result.
  Task<bool> obey(const WipeOrder& order) {
    // The same order again means that its result was lost on the way, never that it be done again.
    if (!last_result_ || last_token_ != order.token) {
      if (news_) news_->busy = true;
      last_result_ = co_await carry_out(order);
      if (news_) news_->busy = false;
      last_token_ = order.token;
    }
    const auto said =
        co_await conversation_.until_answered("result", core::dump_json(to_json(*last_result_)), patience);
    co_return said.answer != Answer::rejected;
  }

  Task<WipeResult> carry_out(const WipeOrder& order) {
    auto disks = co_await world_.pool.run<Result<std::vector<PreparedDisk>>>(
        world_.timers, [machine = world_.machine, order] { return prepare_disks(*machine, order); });
    if (!disks) {
      world_.log.error("scout.wipe_refused", "the order does not fit this machine; nothing is written",
                       {{"workflow", order.workflow}, {"cause", disks.error().message}});
      co_return not_begun(order, disks.error().message);
    }
    if (auto refusal = co_await redeem(order, *disks)) {
      world_.log.error("scout.fence_refused", "the wipe token was not accepted; nothing is written",
                       {{"workflow", order.workflow}, {"cause", *refusal}});
      auto result = not_begun(order, *refusal);
      result.fence_refused = true;
      co_return result;
    }
    world_.log.info("scout.wipe_started", "the wipe token was accepted; erasing",
                    {{"workflow", order.workflow}, {"disks", disks->size()}});
    const auto run =
        std::make_shared<WipeRun>(world_.timers, world_.pool, conversation_, order, std::move(*disks));
    WipeRun::start(run, world_.tasks, world_.random);
    auto result = co_await run->finished();
    for (const auto& wipe : result.disks) {
      world_.log.info("scout.disk_wiped", "one disk has its verdict",
                      {{"device", wipe.disk.device},
                       {"verdict", name(wipe.verdict)},
                       {"method", wipe.method ? name(*wipe.method) : ""},
                       {"read_back", wipe.bytes_read_back},
                       {"error", wipe.error}});
    }
    co_return result;
  }

  /// Sent once and never again: a lost answer must not become a second redemption. The reason of a refusal.
  Task<std::optional<std::string>> redeem(const WipeOrder& order, const std::vector<PreparedDisk>& disks) {
    drivers::scout::Redemption redemption;
    redemption.workflow = order.workflow;
    redemption.attempt = order.attempt;
    redemption.epoch = order.epoch;
    redemption.token = order.token;
    for (const auto& prepared : disks) redemption.disks.push_back(prepared.disk);
    const auto reply = co_await conversation_.once("redeem", core::dump_json(to_json(redemption)), patience);
    if (!reply) co_return fmt::format("no answer to the redemption: {}", reply.error().message);
    if (reply->status != 200)
      co_return fmt::format("the redemption was answered with HTTP {}", reply->status);
    co_return std::nullopt;
  }

  AgentWorld world_;
  AgentIdentity identity_;
  Conversation conversation_;
  std::optional<WipeResult> last_result_;
  std::string last_token_;
  std::shared_ptr<NewsWatch> news_;  // null where nothing is heard
};

}  // namespace

Task<AgentEnd> run_agent(AgentWorld world, AgentIdentity identity) {
  Agent agent(std::move(world), std::move(identity));
  co_return co_await agent.run();
}

}  // namespace colony::ramdisk
