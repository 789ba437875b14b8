#include "daemon/orders/operation_desk.hpp"

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/api/bodies.hpp"
#include "daemon/api/cluster_body.hpp"

namespace colony::daemon {

namespace {

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
  const auto submitted = co_await place(operation, std::move(id));
  if (!submitted) co_return std::unexpected(submitted.error());
  co_return submitted->workflow.to_string();
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
