// The link's calls: what is said, and what is made of the answer.

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/http/target.hpp"
#include "daemon/hosted/link_state.hpp"

namespace colony::daemon::hosted {

using namespace std::chrono_literals;
using core::Result;
using core::Task;
using core::http::ClientRequest;
using core::http::ClientResponse;
using core::http::Method;

namespace {

constexpr core::Duration call_time = 30s;
constexpr unsigned poll_seconds = 50;
constexpr core::Duration poll_time = 70s;  // the held time and an ordinary call's slack
constexpr std::size_t largest_post = 1 << 20;
constexpr std::size_t event_frame = 160;   // what a post adds to an event's body
constexpr std::size_t asset_frame = 1024;  // and to an asset's inventory
constexpr unsigned snapshot_workflows = 32;
constexpr unsigned most_ended = 1000;  // about 0.4 MiB
constexpr std::size_t largest_answer = 4 << 20;

/// Whether the problem is the way's or the key's: then any call that succeeds shows that it is over, also
/// while the one that met it is held.
bool is_everyones(const core::Error& problem) {
  constexpr std::array ways{"http.connect", "http.closed",        "hosted.dns",
                            "hosted.proxy", "hosted.key_refused", "hosted.rate_limited"};
  return problem.code.starts_with("hosted.tls") ||
         std::ranges::any_of(ways, [&problem](const char* code) { return problem.code == code; });
}

ClientRequest request_to(Method method, std::string target, std::string body = {}) {
  ClientRequest request;
  request.method = method;
  request.target = std::move(target);
  request.body = std::move(body);
  request.body_limit = largest_answer;
  return request;
}

}  // namespace

std::string HostedLink::State::agent_path(std::string_view rest) const {
  return fmt::format("/agents/{}/{}", core::http::percent_encode(agent), rest);
}

Task<Judged> HostedLink::State::exchange(std::string_view call, Part part, ClientRequest request,
                                         core::Duration time, Result<ClientResponse>& out) {
  const KeyIdentity used = ports.exchange.key();
  out = co_await ports.exchange.exchange(std::move(request), now() + time);
  Judged judged = judge(part, out, ports.timers.utc_now());
  if (is_superseded(used, judged)) {
    judged.outcome = Superseded{};
    co_return judged;
  }
  note(call, judged);
  co_return judged;
}

/// A state of affairs is told once, however many calls meet it, and is over when every call that met it
/// succeeds.
void HostedLink::State::note(std::string_view call, const Judged& judged) {
  if (judged.succeeded()) {
    status.last_success = ports.timers.utc_now();
    // A poll that was held since before the key was revoked takes nothing back.
    if (plan.mode() == LinkPlan::Mode::locked_out) return;
    std::erase_if(problems,
                  [call](const auto& entry) { return entry.first == call || is_everyones(entry.second); });
    if (call == "events") problems.erase("workflows");  // not asked any more
    const bool over = problems.empty();
    if (over && !status.problem.empty()) ports.log.info("hosted.back", "the hosted side answers again");
    status.problem = over ? "" : problems.begin()->second.code;
    status.reason = over ? "" : problems.begin()->second.message;
    return;
  }
  const bool told = std::ranges::any_of(
      problems, [&judged](const auto& entry) { return entry.second.code == judged.problem.code; });
  if (std::holds_alternative<CallUnknown>(judged.outcome)) {
    for (const auto* ours : {"operations", "assets"}) problems.erase(ours);
  }
  problems.insert_or_assign(std::string(call), judged.problem);
  status.problem = judged.problem.code;
  status.reason = judged.problem.message;
  if (told) return;
  const core::Log::Fields fields{{"code", judged.problem.code}, {"why", judged.problem.message}};
  if (std::holds_alternative<Unauthorized>(judged.outcome)) {
    ports.log.error(
        "hosted.key_refused",
        "the hosted side refuses the API key: nothing is sent until its file changes; work goes on", fields);
  } else if (std::holds_alternative<TryLater>(judged.outcome)) {
    ports.log.warn("hosted.unreachable", "the hosted side cannot be used now: events wait in the outbox",
                   fields);
  } else if (std::holds_alternative<CallUnknown>(judged.outcome)) {
    ports.log.warn("hosted.documented_only", "the hosted side has no agent part: heartbeats and polling only",
                   fields);
  } else {
    ports.log.warn("hosted.refused", "the hosted side refuses a call", fields);
  }
}

Task<Outcome> HostedLink::State::carry_out(PushNow step) {
  switch (step.call) {
    case Push::registration: co_return co_await register_agent();
    case Push::heartbeat: co_return co_await send_heartbeat();
    case Push::events: co_return co_await send_events(step.most);
    case Push::assets: co_return co_await send_assets(step.most);
    case Push::workflows: co_return co_await ask_for_workflows();
  }
  co_return Refused{};
}

Task<Outcome> HostedLink::State::register_agent() {
  Result<ClientResponse> answer;
  const auto judged = co_await exchange(
      "registration", Part::documented,
      request_to(Method::post, "/agents", encode_registration(settings.datacenter_id)), call_time, answer);
  const bool exists = std::holds_alternative<Conflict>(judged.outcome);
  if (!judged.succeeded() && !exists) co_return judged.outcome;
  const auto id = decode_agent_id(answer->body);
  if (!id) {
    if (exists) {
      ports.log.error("hosted.agent_exists",
                      "the datacenter has an agent already: give its id with --agent-id");
      co_return Conflict{};
    }
    co_return unreadable("registration", {core::ErrorKind::corrupt, "hosted.answer",
                                          "the hosted side's answer names no agent"});
  }
  if (const auto kept = co_await begin_with(*id); !kept) co_return TryLater{};
  note("registration", {Succeeded{}, {}});
  ports.log.info("hosted.registered", "registered with the hosted side", {{"agent", agent}});
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::send_heartbeat() {
  Result<ClientResponse> answer;
  const auto judged = co_await exchange(
      "heartbeat", Part::documented,
      request_to(Method::patch, agent_path("heartbeat"), encode_heartbeat(ports.heartbeat_state())),
      call_time, answer);
  co_return judged.outcome;
}

Task<Outcome> HostedLink::State::send_events(unsigned most) {
  // None: the two sides meet, and we learn how far the other one is.
  core::EventSeq from = sent;  // which bound_outbox may raise while the store is asked
  auto events = co_await ports.store.events(from, most);
  const auto kept = co_await ports.store.events({0}, 1);
  const auto recent = co_await ports.store.recent_workflows(snapshot_workflows);
  if (!events || !kept || !recent) co_return TryLater{};
  core::EventSeq oldest = kept->empty() ? core::EventSeq{from.value + 1} : kept->front().seq;
  if (!events->empty()) {
    const core::EventSeq first = events->front().seq;
    from = {first.value - 1};          // some were given up before
    oldest = std::min(oldest, first);  // and some after these were read
  }
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < events->size() && (count == 0 || bytes < largest_post)) {
    bytes += (*events)[count++].event.body_json.size() + event_frame;
  }
  events->resize(count);
  const auto& report = ports.store.report();
  const OutboxPlace place{.history = history,
                          .epoch = report.epoch,
                          .epoch_first = report.epoch_first,
                          .oldest = oldest,
                          .sent = from};

  // Ends that neither were shown nor are in this post: all of them, however long the backlog is.
  const auto last = events->empty() ? from : events->back().seq;
  auto ended = co_await ports.store.ended_workflows(std::max(shown, last), most_ended);
  if (!ended) co_return TryLater{};
  for (const auto& row : *recent) {
    if (std::ranges::find(ended->rows, row.id, &workflows::WorkflowRow::id) == ended->rows.end()) {
      ended->rows.push_back(row);
    }
  }
  const auto post = encode_events(agent, place, *events, ended->rows);
  auto request = request_to(Method::post, agent_path("events"), post.body);
  (void)request.headers.add("Idempotency-Key", post.idempotency_key);
  Result<ClientResponse> answer;
  const auto judged = co_await exchange("events", Part::ours, std::move(request), call_time, answer);
  if (std::holds_alternative<Conflict>(judged.outcome) &&
      decode_error(answer->body).code == "EPOCH_SUPERSEDED") {
    ports.log.error("hosted.ahead", "the hosted side knows a newer epoch: this database is an old copy",
                    {{"epoch", place.epoch.value}});
    co_return Outdated{};
  }
  if (!judged.succeeded()) co_return judged.outcome;
  const auto acknowledged = decode_acknowledgement(answer->body);
  if (!acknowledged) co_return unreadable("events", acknowledged.error());
  const Outcome outcome = co_await take_acknowledgement(*acknowledged, place, last);
  if (std::holds_alternative<Succeeded>(outcome)) shown = std::max(shown, ended->seen);
  co_return outcome;
}

/// An answer that a successful call brought and that means nothing.
Outcome HostedLink::State::unreadable(std::string_view call, core::Error why) {
  note(call, {TryLater{}, std::move(why)});
  return TryLater{};
}

Task<Outcome> HostedLink::State::take_acknowledgement(core::EventSeq acknowledged, const OutboxPlace& place,
                                                      core::EventSeq last) {
  if (acknowledged > ports.store.marks().last_event) {
    if (plan.mode() != LinkPlan::Mode::outdated) {
      ports.log.error(
          "hosted.ahead",
          "the hosted side has events that this database never made: an old copy was put in place",
          {{"acknowledged", acknowledged.value}, {"last", ports.store.marks().last_event.value}});
    }
    co_return Outdated{};
  }
  plan.on_met(now());
  // It may know more than this post said, of a post whose answer was lost. What it was not told in this run
  // is told again: it knows the numbers.
  acknowledged = std::min(acknowledged, last);
  if (acknowledged < place.sent) {
    const core::EventSeq oldest{std::max<std::uint64_t>(place.oldest.value, 1) - 1};
    if (acknowledged < oldest) {
      ports.log.warn("hosted.events_lost", "the hosted side asks for events that are not kept any more",
                     {{"after", acknowledged.value}, {"oldest", place.oldest.value}});
    } else {
      ports.log.warn("hosted.resend", "the hosted side asks for older events again",
                     {{"after", acknowledged.value}});
    }
    const auto from = std::max(acknowledged, oldest);
    // It took nothing of what we have: the same again at once would be a loop.
    if (from == place.sent) co_return last > place.sent ? Outcome(TryLater{}) : Outcome(Succeeded{});
    sent = from;
    shown = std::min(shown, from);
    co_return Succeeded{};
  }
  if (acknowledged == place.sent && last > place.sent) co_return TryLater{};
  sent = acknowledged;
  if (const auto kept = co_await ports.store.acknowledge(acknowledged); kept) {
    status.acknowledged = std::max(status.acknowledged, acknowledged);
  }
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::send_assets(unsigned most) {
  auto assets = co_await ports.store.changed_assets(assets_revision, most);
  if (!assets || assets->empty()) co_return TryLater{};
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < assets->size() && (count == 0 || bytes < largest_post)) {
    bytes += (*assets)[count++].asset.inventory_json.size() + asset_frame;
  }
  assets->erase(assets->begin() + static_cast<std::ptrdiff_t>(count), assets->end());
  Result<ClientResponse> answer;
  const auto judged = co_await exchange("assets", Part::ours,
                                        request_to(Method::put, agent_path("assets"), encode_assets(*assets)),
                                        call_time, answer);
  if (!judged.succeeded()) co_return judged.outcome;
  assets_revision = assets->back().revision;
  // Only a hint for the next start: without it some assets are sent once more.
  (void)co_await ports.store.set(assets_key, std::to_string(assets_revision));
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::ask_for_workflows() {
  Result<ClientResponse> answer;
  const auto judged = co_await exchange("workflows", Part::documented, request_to(Method::get, "/workflows"),
                                        call_time, answer);
  if (!judged.succeeded()) {
    co_return std::holds_alternative<AgentUnknown>(judged.outcome) ? Outcome(CallUnknown{}) : judged.outcome;
  }
  auto pending = decode_pending_workflows(answer->body);
  if (!pending) co_return unreadable("workflows", pending.error());
  if (const auto kept = co_await keep(std::move(*pending), std::nullopt); !kept) co_return TryLater{};
  if (orders_may_be_old && !co_await trust_orders_again()) co_return TryLater{};
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::ask_for_operations(Polled& polled) {
  Result<ClientResponse> answer;
  const auto target = fmt::format("{}?after={}&wait={}", agent_path("operations"), operations_seq,
                                  orders_may_be_old ? 0 : poll_seconds);
  const auto judged =
      co_await exchange("operations", Part::ours, request_to(Method::get, target), poll_time, answer);
  if (!judged.succeeded()) co_return judged.outcome;
  auto list = decode_operations(answer->body, operations_seq);
  if (!list) co_return unreadable("operations", list.error());
  co_return co_await take_list(std::move(*list), polled);
}

Task<Outcome> HostedLink::State::take_list(OperationList list, Polled& polled) {
  if (list.unusable > 0 && list.unusable != told_unusable) {
    ports.log.warn("hosted.unusable_operations", "operations without id, seq or type were left out",
                   {{"count", list.unusable}});
  }
  told_unusable = list.unusable;
  polled.operations = static_cast<unsigned>(list.operations.size());
  polled.nothing_usable = list.unusable > 0 && list.operations.empty();
  if (list.newest.value_or(operations_seq) < operations_seq) {
    // Its numbers begin again below ours: without this, new orders would never be seen. What is known by its
    // id is answered, not done again.
    ports.log.warn("hosted.orders_reset",
                   "the hosted side's list of orders is shorter than what it gave before: "
                   "it was restored; all of it is looked at again",
                   {{"newest", list.newest.value_or(0)}, {"taken", operations_seq}});
    operations_seq = 0;
    co_return Succeeded{};
  }
  if (orders_may_be_old && list.newest && !orders_old_up_to) orders_old_up_to = list.newest;
  const auto before = operations_seq;
  if (list.last_seq != before) {
    const auto kept = co_await keep(std::move(list.operations), list.last_seq);
    if (!kept) co_return TryLater{};
    operations_seq = kept->up_to;
    if (operations_seq == before) polled.nothing_usable = true;
  } else {
    note_held_back(false);
  }
  // Without `last_seq` an empty list is the end of what may be old.
  const bool over = orders_old_up_to ? operations_seq >= *orders_old_up_to || polled.operations == 0
                                     : polled.operations == 0;
  if (orders_may_be_old && over && !co_await trust_orders_again()) co_return TryLater{};
  co_return Succeeded{};
}

}  // namespace colony::daemon::hosted
