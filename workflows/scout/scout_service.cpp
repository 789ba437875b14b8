#include "workflows/scout/scout_service.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/boot/boot_policy.hpp"
#include "workflows/wipe/wipe_plan.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

// A held order looks again at least this often, also when nothing was told to happen.
constexpr core::Duration look_again = 5s;
constexpr core::Duration brisk_hold = 2s;

ScoutReply refusal(unsigned status, const core::Error& error) {
  return {status, core::dump_json(core::Json{{"error", error.message}, {"code", error.code}})};
}

/// Of a machine that is no asset: its subject is its MAC.
Event refused_event(const core::MacAddress& mac, const core::Error& reason, core::UtcTime now) {
  return {"asset.refused", mac.to_string(), now,
          core::dump_json(
              core::Json{{"mac", mac.to_string()}, {"code", reason.code}, {"reason", reason.message}})};
}

/// 401 and 409 stop scout for good, so a refusal that an operator can cure is neither.
unsigned status_of(const core::Error& error) {
  switch (error.kind) {
    case core::ErrorKind::unauthorized: return 401;
    case core::ErrorKind::invalid_input: return 400;
    case core::ErrorKind::not_found: return 404;
    case core::ErrorKind::refused: return 403;
    case core::ErrorKind::conflict: return 422;
    default: return 503;
  }
}

}  // namespace

core::Task<ScoutReply> ScoutService::handle(std::string path, std::string bearer, core::Ipv4Address peer,
                                            std::string body) {
  constexpr std::string_view prefix = "/scout/v1/";
  if (!ready_) co_return ScoutReply{503};
  if (!path.starts_with(prefix)) co_return ScoutReply{404};
  const std::string name = path.substr(prefix.size());
  auto claims = authorize(bearer, peer);
  if (!claims) {
    parts_.log.warn("scout.refused", "A scout was refused.",
                    {{"peer", peer}, {"code", claims.error().code}, {"reason", claims.error().message}});
    co_return refusal(claims.error().kind == core::ErrorKind::conflict ? 409 : status_of(claims.error()),
                      claims.error());
  }
  auto json = core::parse_json(body);
  if (!json) co_return refusal(400, json.error());
  if (name == "hello") co_return co_await hello(*claims, peer, std::move(*json));
  if (name == "inventory") co_return co_await inventory(*claims, peer, std::move(*json));
  if (name == "order") co_return co_await order(*claims);
  if (name == "redeem") co_return co_await redeem(*claims, std::move(*json));
  if (name == "progress") co_return progress(*claims, *json);
  if (name == "result") co_return co_await result(*claims, std::move(*json));
  co_return ScoutReply{404};
}

core::Result<BootClaims> ScoutService::authorize(const std::string& bearer, core::Ipv4Address peer) {
  const auto claims = parts_.tokens.verify_boot(bearer);
  if (!claims)
    return core::fail(core::ErrorKind::unauthorized, "scout.unknown_token", "the boot token is not ours");
  if (claims->epoch != parts_.ledger.epoch()) {
    return core::fail(core::ErrorKind::unauthorized, "scout.old_epoch",
                      "the boot token is from before the store changed its owner");
  }
  const core::BootTime now = parts_.timers.now();
  auto known = visitors_.find(claims->mac);
  if (known != visitors_.end() && claims->number < known->second.claims.number) {
    return core::fail(core::ErrorKind::conflict, "scout.old_boot", "this machine has booted again since");
  }
  if (known == visitors_.end() && visitors_.size() >= max_visitors) {
    visitors_.erase(
        std::ranges::min_element(visitors_, {}, [](const auto& entry) { return entry.second.last_heard; }));
  }
  if (known == visitors_.end() || known->second.claims.number != claims->number) {
    known = visitors_
                .insert_or_assign(claims->mac,
                                  Visitor{*claims, peer, parts_.registry.by_mac(claims->mac), now, now})
                .first;
  }
  // A token is used from the machine that said hello with it; whoever read it off the wire is somewhere else.
  if (known->second.peer != peer) {
    return core::fail(core::ErrorKind::refused, "scout.other_peer",
                      "this boot token is used from another address");
  }
  known->second.last_heard = now;
  return *claims;
}

std::optional<core::AssetId> ScoutService::asset_of(const BootClaims& claims) const {
  if (const auto visitor = visitors_.find(claims.mac); visitor != visitors_.end()) {
    if (const auto& asset = visitor->second.asset) return parts_.registry.resolve(*asset);
  }
  return parts_.registry.by_mac(claims.mac);
}

TimelineRow ScoutService::seen(const core::AssetId& asset, const BootClaims& claims, core::Fact fact) const {
  TimelineRow row = parts_.timelines.row(asset, "scout", std::move(fact));
  row.evidence.mac = claims.mac;
  if (const auto visitor = visitors_.find(claims.mac); visitor != visitors_.end()) {
    row.evidence.address = visitor->second.peer;
  }
  return row;
}

core::Task<ScoutReply> ScoutService::store(Batch batch) {
  const auto committed = co_await parts_.ledger.commit(std::move(batch));
  co_return committed ? ScoutReply{} : refusal(503, committed.error());
}

core::Task<ScoutReply> ScoutService::hello(BootClaims claims, core::Ipv4Address peer, core::Json body) {
  const auto message = drivers::scout::decode_hello(body);
  if (!message) co_return refusal(400, message.error());
  parts_.log.info("scout.hello", "A machine runs scout.", {{"mac", claims.mac}, {"peer", peer}});
  const auto asset = asset_of(claims);
  if (!asset) {  // kept until its inventory says whose it is
    parts_.timelines.emit({{}, claims.mac, {}, {}, parts_.timers.utc_now(), "scout", core::ScoutHello{}});
    co_return ScoutReply{};
  }
  Batch batch;
  batch.writes.emplace_back(seen(*asset, claims, core::ScoutHello{}));
  co_return co_await store(std::move(batch));
}

core::Task<ScoutReply> ScoutService::inventory(BootClaims claims, core::Ipv4Address peer, core::Json body) {
  auto message = drivers::scout::decode_inventory(body);
  if (!message) co_return refusal(400, message.error());
  std::optional<core::AssetId> expected;
  if (const IntentPtr intent = parts_.ledger.working().intent(claims.intent)) expected = intent->asset;
  if (message->boot_mac.is_zero()) message->boot_mac = claims.mac;
  auto admission = parts_.registry.admit(*message, expected, parts_.timers.utc_now(), parts_.random);
  if (!admission) {
    const core::Error& error = admission.error();
    parts_.log.warn("asset.refused", "A machine's inventory was refused.",
                    {{"mac", claims.mac}, {"peer", peer}, {"code", error.code}, {"reason", error.message}});
    const auto about = expected ? expected : asset_of(claims);
    const bool news = parts_.registry.refused(claims.mac, error);
    if (!about && !news) co_return refusal(status_of(error), error);
    Batch batch;
    if (news) batch.events.push_back(refused_event(claims.mac, error, parts_.timers.utc_now()));
    if (about) batch.writes.emplace_back(seen(*about, claims, core::Note{error.code, error.message}));
    (void)co_await store(std::move(batch));
    co_return refusal(status_of(error), error);
  }
  parts_.registry.admitted(claims.mac);
  const core::AssetId asset = admission->asset;
  if (admission->created) {
    parts_.log.info("asset.created", "A machine was seen for the first time.",
                    {{"asset", asset}, {"mac", claims.mac}});
  }
  // Its boot was seen before anybody could say whose it was.
  for (const auto& nic : message->nics) {
    for (auto& row : parts_.timelines.adopt(nic.mac, asset))
      admission->batch.writes.emplace_back(std::move(row));
  }
  if (!admission->matched.empty()) {
    parts_.log.info("asset.matched", "A machine was matched to its BMC.",
                    {{"asset", asset}, {"mac", claims.mac}, {"by", admission->matched}});
    admission->batch.writes.emplace_back(
        seen(asset, claims,
             core::Note{"asset.matched", "recognised as this BMC's machine by " + admission->matched}));
  }
  admission->batch.writes.emplace_back(seen(asset, claims, core::ScoutInventory{}));
  if (const auto visitor = visitors_.find(claims.mac); visitor != visitors_.end())
    visitor->second.asset = asset;
  auto reply = co_await store(std::move(admission->batch));
  for (const auto& nic : message->nics) parts_.timelines.settle_adoption(nic.mac, reply.status == 200);
  co_return reply;
}

bool ScoutService::awaited_by_discovery(const core::AssetId& asset) const {
  const AssetPtr row = parts_.ledger.working().asset(asset);
  if (!row || row->bmc) return false;
  return std::ranges::any_of(parts_.ledger.working().workflows(), [this](const auto& entry) {
    if (entry.second->type != "discovery" || entry.second->status != WorkflowStatus::running) return false;
    const AssetPtr owner = parts_.ledger.working().asset(entry.second->asset);
    return owner && owner->inventory_json.empty();
  });
}

bool ScoutService::is_boot_in_hand(const BootClaims& claims, const core::WorkflowId& workflow) const {
  const IntentPtr boot = parts_.ledger.working().newest_intent(workflow, boot_act::scout);
  return boot && boot->id == claims.intent && boot->state == IntentState::intended;
}

std::optional<drivers::scout::Order> ScoutService::order_at_work(const BootClaims& claims,
                                                                 const WorkflowRow& work) const {
  const IntentPtr intent = parts_.ledger.durable().newest_intent(work.id, "wipe");
  if (!intent || intent->state != IntentState::intended || !is_boot_in_hand(claims, work.id))
    return std::nullopt;
  const WipeProgress progress = wipe_progress(*intent);
  // To the boot that redeemed it the order is repeated: its result was lost on the way. To any other boot it
  // is not, whatever is left of it: looking and deciding is the recipe's.
  if (progress.redeemed && progress.redeemed_by_boot != claims.number) return std::nullopt;
  auto detail = wipe_detail_from_text(intent->detail_json);
  if (!detail) return std::nullopt;
  drivers::scout::WipeOrder order;
  order.workflow = work.id;
  order.attempt = intent->attempt;
  order.epoch = intent->epoch;
  order.token = parts_.tokens.of_intent("wipe", intent->id);
  order.disks = std::move(detail->disks);
  order.methods = std::move(detail->methods);
  order.verify_permille = detail->verify_permille;
  return order;
}

std::optional<drivers::scout::Order> ScoutService::order_now(const BootClaims& claims) const {
  const auto id = asset_of(claims);
  const AssetPtr asset = id ? parts_.ledger.durable().asset(*id) : nullptr;
  if (!asset || asset->inventory_json.empty()) return std::nullopt;
  if (const WorkflowPtr work = parts_.ledger.durable().running(asset->id))
    return order_at_work(claims, *work);
  const bool has_waiting_work =
      std::ranges::any_of(parts_.ledger.working().workflows(), [&asset](const auto& entry) {
        return entry.second->asset == asset->id && !is_finished(*entry.second);
      });
  if (has_waiting_work || awaited_by_discovery(asset->id)) return std::nullopt;
  if (asset->condition == AssetCondition::quarantined || asset->condition == AssetCondition::indeterminate ||
      (asset->status == AssetStatus::available && asset->wiped_by_us)) {
    return drivers::scout::PowerOff{};
  }
  // It booted by itself and has been looked at: on to its own disk.
  return drivers::scout::Reboot{};
}

core::Task<ScoutReply> ScoutService::order(BootClaims claims) {
  const core::BootTime asked = parts_.timers.now();
  for (;;) {
    const core::BootTime end = asked + (brisk_ > 0 ? brisk_hold : parts_.site.pacing.order_hold);
    if (const auto order = order_now(claims)) {
      co_return ScoutReply{200, core::dump_json(drivers::scout::to_json(*order))};
    }
    const core::BootTime now = parts_.timers.now();
    if (now >= end) break;
    if (const auto visitor = visitors_.find(claims.mac);
        visitor == visitors_.end() || visitor->second.claims != claims) {
      break;
    }
    const core::BootTime next = std::min(end, now + look_again);
    if (const auto asset = asset_of(claims)) {
      (void)co_await parts_.timelines.signal(*asset).wait_until(next);
    } else {
      co_await parts_.timers.sleep_until(next);
    }
  }
  co_return ScoutReply{
      200, core::dump_json(drivers::scout::to_json(drivers::scout::Order{drivers::scout::Idle{}}))};
}

core::Task<ScoutReply> ScoutService::redeem(BootClaims claims, core::Json body) {
  const auto message = drivers::scout::decode_redemption(body);
  if (!message) co_return refusal(400, message.error());
  const auto asset = asset_of(claims);
  const auto refuse = [this, &claims](const core::Error& error) {
    parts_.log.warn("wipe.fence_refused", "A wipe was not let begin.",
                    {{"mac", claims.mac}, {"code", error.code}, {"reason", error.message}});
    return refusal(403, error);
  };
  const WorkflowPtr work = asset ? parts_.ledger.durable().running(*asset) : nullptr;
  if (!asset || !work || message->workflow != work->id || !is_boot_in_hand(claims, work->id)) {
    co_return refuse({core::ErrorKind::refused, "fence.workflow", "this boot is not that of a wipe in hand"});
  }
  // Working and durable must agree: what is just being given up cannot be begun any more.
  const IntentPtr intent = parts_.ledger.working().newest_intent(work->id, "wipe");
  if (!intent || !parts_.ledger.durable().intent(intent->id)) {
    co_return refuse({core::ErrorKind::refused, "fence.workflow", "no wipe is ordered"});
  }
  if (auto fits = check_redemption(*message, *intent, parts_.ledger.epoch()); !fits) {
    Batch batch;
    batch.writes.emplace_back(seen(*asset, claims, core::Note{fits.error().code, fits.error().message}));
    (void)co_await store(std::move(batch));
    co_return refuse(fits.error());
  }
  const core::UtcTime now = parts_.timers.utc_now();
  IntentRow redeemed = *intent;
  redeemed.result_json = core::dump_json(core::Json{
      {"redeemed_at", core::format_utc(now)}, {"boot", claims.number}, {"mac", claims.mac.to_string()}});
  body.erase("token");  // only its hash is ever journaled
  Batch batch;
  batch.writes.emplace_back(RedeemToken{intent->token_hash, intent->id, core::dump_json(body), now});
  batch.writes.emplace_back(std::move(redeemed));
  batch.writes.emplace_back(
      seen(*asset, claims, core::ScoutRedeemed{intent->token_hash.to_string().substr(0, 12)}));
  parts_.log.info("wipe.redeemed", "A wipe begins to write.",
                  {{"workflow", work->id}, {"attempt", intent->attempt.value}});
  co_return co_await store(std::move(batch));
}

ScoutReply ScoutService::progress(const BootClaims& claims, const core::Json& body) {
  const auto message = drivers::scout::decode_progress(body);
  if (!message) return refusal(400, message.error());
  core::Evidence evidence;
  evidence.asset = asset_of(claims);
  evidence.mac = claims.mac;
  evidence.at = parts_.timers.utc_now();
  evidence.source = "scout";
  const std::string disk = message->disk.serial.empty() ? message->disk.wwn : message->disk.serial;
  evidence.fact = core::ScoutProgress{disk, message->phase, message->percent};
  parts_.timelines.emit(std::move(evidence));
  return {};
}

core::Task<ScoutReply> ScoutService::result(BootClaims claims, core::Json body) {
  const auto message = drivers::scout::decode_wipe_result(body);
  if (!message) co_return refusal(400, message.error());
  const auto intents = parts_.ledger.working().intents_of(message->workflow);
  const auto found = std::ranges::find_if(intents, [&message](const IntentPtr& row) {
    return row->act == "wipe" && row->attempt == message->attempt && row->epoch == message->epoch;
  });
  const auto asset = asset_of(claims);
  if (found == intents.end() || !asset || (*found)->asset != *asset) {
    co_return refusal(
        404, {core::ErrorKind::not_found, "wipe.unknown", "no such wipe was ordered on this machine"});
  }
  const IntentRow& intent = **found;
  Batch batch;
  if (intent.state != IntentState::intended) {
    // Too late, or told before: kept for people, and answered, so that scout asks for its next order.
    batch.writes.emplace_back(
        seen(*asset, claims, core::Note{"wipe.late_result", "scout told its result again"}));
    co_return co_await store(std::move(batch));
  }
  const WipeProgress before = wipe_progress(intent);
  const bool of_this_boot =
      before.redeemed ? before.redeemed_by_boot == claims.number : is_boot_in_hand(claims, intent.workflow);
  if (!of_this_boot) {
    batch.writes.emplace_back(
        seen(*asset, claims,
             core::Note{"wipe.foreign_result",
                        "a scout that does not hold this wipe told a result; it is not one"}));
    co_return co_await store(std::move(batch));
  }
  const bool claims_writes = std::ranges::any_of(message->disks, [](const drivers::scout::DiskWipe& disk) {
    return disk.verdict != drivers::scout::WipeVerdict::not_started;
  });
  const auto ordered = wipe_detail_from_text(intent.detail_json);
  auto verdict =
      ordered ? check_result(*message, *ordered) : core::Result<>(std::unexpected(ordered.error()));
  if (verdict && !before.redeemed) {
    verdict = core::fail(core::ErrorKind::refused, "wipe.not_redeemed",
                         "scout tells of an erasure that it was never let begin");
  }
  IntentRow resolved = intent;
  auto json = core::parse_json(intent.result_json);
  core::Json outcome = json ? std::move(*json) : core::Json::object();
  outcome["result"] = drivers::scout::to_json(*message);
  if (!verdict) outcome["error"] = {{"code", verdict.error().code}, {"message", verdict.error().message}};
  resolved.result_json = core::dump_json(outcome);
  resolved.resolved_at = parts_.timers.utc_now();
  if (verdict && !message->fence_refused) {
    resolved.state = IntentState::done;
  } else if ((before.redeemed && message->fence_refused) || (!before.redeemed && claims_writes)) {
    // We said yes, and the answer was lost: scout wrote nothing, and the token is used up. Or scout says that
    // it wrote without our yes: whatever that was, it is no evidence.
    resolved.state = IntentState::indeterminate;
  } else {
    resolved.state = IntentState::failed;
  }
  const bool success = resolved.state == IntentState::done;
  parts_.log.info(
      "wipe.result", "scout told the result of a wipe.",
      {{"workflow", intent.workflow}, {"attempt", intent.attempt.value}, {"state", name(resolved.state)}});
  batch.writes.emplace_back(std::move(resolved));
  batch.writes.emplace_back(seen(*asset, claims, core::ScoutResult{success}));
  co_return co_await store(std::move(batch));
}

}  // namespace colony::workflows
