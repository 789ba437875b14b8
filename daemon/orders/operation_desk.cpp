#include "daemon/orders/operation_desk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/api/bodies.hpp"
#include "daemon/api/cluster_body.hpp"
#include "daemon/api/cluster_order.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;
using core::Result;
using core::Task;
using workflows::Submitted;

/// The decoded order with the operation's id in place of any that its body names.
template <class Order>
Result<Order> with_id(Result<Order> order, std::string operation_id) {
  if (order) order->operation_id = std::move(operation_id);
  return order;
}

}  // namespace

Task<Result<std::string>> OperationDesk::submit(hosted::Operation operation) {
  auto id = fmt::format("{}#{}", operation.id, operation.generation.value);
  const auto allowed = may(operation, id);
  if (!allowed) {
    if (allowed.error().kind != ErrorKind::exhausted) held_.settle(operation.id);
    co_return std::unexpected(allowed.error());
  }
  const auto submitted = co_await place(operation, std::move(id));
  // One that waits for the budget keeps its approval.
  if (submitted || submitted.error().kind != ErrorKind::exhausted) held_.settle(operation.id);
  if (!submitted) co_return std::unexpected(submitted.error());
  co_return submitted->workflow.to_string();
}

Result<> OperationDesk::may(const hosted::Operation& operation, const std::string& operation_id) {
  const auto kind = hosted_order(operation.type);
  if (!kind) return {};  // refused by name below
  const bool is_held = held_.knows(operation.id);
  auto verdict = judge(operation, *kind);
  if (verdict || is_held) return verdict;
  // What was taken before a restart, or before the policy changed, is answered, not refused.
  const auto taken = orders_.recent_workflows();
  if (std::ranges::find(taken, operation_id, &workflows::WorkflowView::operation_id) == taken.end())
    return verdict;
  held_.settle(operation.id);
  return {};
}

Result<> OperationDesk::judge(const hosted::Operation& operation, HostedOrder kind) {
  if (auto allowed = check_policy(policy_, kind, operation.target, orders_); !allowed) return allowed;
  const auto asset = orders_.asset(operation.target);
  if (!asset || !needs_second_person(policy_, kind, *asset)) return {};
  // Not with the order's id: it comes from over there, and people paste commands.
  const std::string reason = fmt::format(
      "{} is {}: erasing it needs a second person (policy.two_person), on the appliance: colony approve",
      asset->name, name(asset->status));
  switch (held_.ask({.operation = operation.id,
                     .generation = operation.generation.value,
                     .kind = std::string(name(kind)),
                     .asset = asset->id,
                     .asset_name = asset->name,
                     .reason = reason})) {
    case HeldOrders::Decision::approved: return {};
    case HeldOrders::Decision::denied:
      return core::fail(ErrorKind::refused, "policy.denied",
                        fmt::format("an operator of this site denied the {} of {}", name(kind), asset->name));
    case HeldOrders::Decision::none: break;
  }
  return core::fail(ErrorKind::exhausted, "policy.second_person", reason);
}

Task<Result<Submitted>> OperationDesk::place(const hosted::Operation& operation, std::string operation_id) {
  if (operation.type == "provision" || operation.type == "cluster-provision") {
    auto order =
        with_id(api::decode_provision(operation.target, operation.body_json), std::move(operation_id));
    if (!order) co_return std::unexpected(order.error());
    co_return co_await orders_.provision(std::move(*order));
  }
  if (operation.type == "wipe" || operation.type == "disk-wipe") {
    auto order = with_id(api::decode_wipe(operation.target, operation.body_json), std::move(operation_id));
    if (!order) co_return std::unexpected(order.error());
    // One that is in use came this far because somebody let it go.
    const auto asset = orders_.asset(operation.target);
    const bool was_let_go = asset && needs_second_person(policy_, HostedOrder::wipe, *asset);
    order->only_while_idle = policy_.two_person && !was_let_go;
    co_return co_await orders_.wipe(std::move(*order));
  }
  if (operation.type == "discover" || operation.type == "discovery") {
    auto order =
        with_id(api::decode_discover(operation.target, operation.body_json), std::move(operation_id));
    if (!order) co_return std::unexpected(order.error());
    co_return co_await orders_.discover(std::move(*order));
  }
  if (operation.type == "power") {
    auto order = with_id(api::decode_power(operation.target, operation.body_json), std::move(operation_id));
    if (!order) co_return std::unexpected(order.error());
    co_return co_await orders_.power(std::move(*order));
  }
  if (operation.type == "reboot") {
    auto order = with_id(api::decode_reboot(operation.target, operation.body_json), std::move(operation_id));
    if (!order) co_return std::unexpected(order.error());
    co_return co_await orders_.reboot(std::move(*order));
  }
  if (operation.type == "cluster-create") {
    const auto cluster = api::decode_cluster(operation.body_json);
    if (!cluster) {
      co_return core::fail(core::ErrorKind::invalid_input, "api.body", api::join_faults(cluster.error()));
    }
    if (auto good = api::check_cluster_assets(orders_, *cluster); !good)
      co_return std::unexpected(good.error());
    co_return std::unexpected(api::clusters_unsupported());
  }
  if (operation.type == "cluster-delete") co_return std::unexpected(api::clusters_unsupported());
  co_return core::fail(
      core::ErrorKind::unsupported, "hosted.operation_unsupported",
      fmt::format("this appliance does not do '{}'; it does discover, provision, wipe, power "
                  "and reboot",
                  core::printable(operation.type)));
}

}  // namespace colony::daemon
