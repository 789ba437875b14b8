#include "daemon/orders/local_desk.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/bytes.hpp"

namespace colony::daemon {

using core::ErrorKind;
using core::Result;
using core::Task;
using workflows::WipeRequest;

namespace {

constexpr unsigned id_bits = 48;

std::string text_of(const keys::Persons& persons) {
  return fmt::format("{}", fmt::join(persons, ", "));
}

/// An approval is for the machine and the disks that were shown: not for what a name or "all" means later.
WipeRequest pinned(WipeRequest request, const workflows::WipePlan& plan) {
  request.asset = plan.asset.to_string();
  request.disks = plan.names;
  request.minimum = plan.minimum;
  return request;
}

}  // namespace

void LocalDesk::forget_old() {
  std::erase_if(held_, [now = parts_.timers.now()](const auto& each) { return each.second.ends <= now; });
}

Result<std::optional<HeldOrder>> LocalDesk::hold(WipeRequest& request, const keys::Persons& by) {
  forget_old();
  const auto asset = parts_.orders.asset(request.asset);
  if (!asset || !needs_second_person(policy_, HostedOrder::wipe, *asset)) {
    request.only_while_idle = policy_.two_person;
    return std::optional<HeldOrder>{};
  }
  const auto taken = parts_.orders.recent_workflows();
  const bool is_repeated =
      !request.operation_id.empty() &&
      std::ranges::find(taken, request.operation_id, &workflows::WorkflowView::operation_id) != taken.end();
  if (is_repeated) return std::optional<HeldOrder>{};  // it will be answered
  // Not passed on: by the time that it is looked at again it may be one that can be done.
  const auto plan = parts_.orders.plan_wipe(request);
  if (!plan) return std::unexpected(plan.error());
  auto order = pinned(request, *plan);
  for (const auto& [id, entry] : held_) {
    const auto& known = entry.request;
    if (entry.order.ordered_by == by && known.asset == order.asset && known.disks == order.disks &&
        known.minimum == order.minimum && known.operation_id == order.operation_id) {
      return entry.order;
    }
  }
  if (held_.size() >= most) {
    return core::fail(ErrorKind::exhausted, "policy.too_many_held",
                      fmt::format("{} orders wait for a second person already: colony approve", most));
  }
  HeldOrder held{.operation = "local-" + parts_.random.token(id_bits),
                 .generation = 1,
                 .kind = std::string(name(HostedOrder::wipe)),
                 .asset = asset->id,
                 .asset_name = asset->name,
                 .reason = fmt::format("{} is {}: erasing it needs a second person (policy.two_person)",
                                       asset->name, name(asset->status)),
                 .ordered_by = by,
                 .disks = order.disks,
                 .at = parts_.timers.utc_now()};
  parts_.log.info("policy.held", "an order waits for a second person",
                  {{"operation", held.operation}, {"asset", held.asset_name}, {"by", text_of(by)}});
  held_.insert_or_assign(held.operation, Entry{held, std::move(order), parts_.timers.now() + kept_for});
  return held;
}

std::vector<HeldOrder> LocalDesk::waiting() {
  forget_old();
  std::vector<HeldOrder> out;
  out.reserve(held_.size());
  for (const auto& [id, entry] : held_) out.push_back(entry.order);
  return out;
}

bool LocalDesk::knows(const std::string& operation) {
  forget_old();
  return held_.contains(operation);
}

Task<Result<LocalDesk::Decided>> LocalDesk::decide(std::string operation, HeldOrders::Decision decision,
                                                   keys::Persons by) {
  forget_old();
  const auto found = held_.find(operation);
  if (found == held_.end()) {
    co_return core::fail(ErrorKind::not_found, "operation.not_held",
                         fmt::format("no order {} waits for a person", core::printable(operation, 128)));
  }
  const bool approves = decision == HeldOrders::Decision::approved;
  if (approves && (by.empty() || keys::share_a_person(by, found->second.order.ordered_by))) {
    co_return core::fail(
        ErrorKind::refused, "policy.same_person",
        fmt::format("ordered by {}, and you are {}: somebody else has to let it go",
                    text_of(found->second.order.ordered_by), by.empty() ? "nobody" : text_of(by)));
  }
  // Out of the list while it is placed: two approvals are one order.
  auto entry = std::move(found->second);
  held_.erase(found);
  Decided out{.order = entry.order, .submitted = std::nullopt};
  if (approves) {
    auto request = entry.request;
    if (request.operation_id.empty()) request.operation_id = operation;
    auto submitted = co_await parts_.orders.wipe(std::move(request));
    if (!submitted) {
      held_.insert_or_assign(operation, std::move(entry));
      co_return std::unexpected(submitted.error());
    }
    out.submitted = *submitted;
  }
  parts_.log.info("policy.decided", "an order that waited for a second person was decided",
                  {{"operation", operation},
                   {"asset", out.order.asset_name},
                   {"ordered_by", text_of(out.order.ordered_by)},
                   {"decided", approves ? "let go" : "denied"},
                   {"by", text_of(by)}});
  co_return out;
}

}  // namespace colony::daemon
