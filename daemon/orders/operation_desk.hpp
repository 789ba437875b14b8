#pragma once
// Operations of the hosted side as orders of the workflows. The operation's id and generation become the
// order's operation id, so that the same operation, delivered again, is the same order.

#include "daemon/hosted/hosted_link.hpp"
#include "daemon/orders/held_orders.hpp"
#include "daemon/orders/site_policy.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon {

class OperationDesk final : public hosted::OperationSink {
 public:
  explicit OperationDesk(workflows::Orders& orders, PolicyConfig policy = {})
      : orders_(orders), policy_(std::move(policy)) {}
  void set_policy(PolicyConfig policy) { policy_ = std::move(policy); }
  [[nodiscard]] HeldOrders& held() { return held_; }

  /// Errors: hosted.operation_unsupported (kind unsupported), api.body, policy.not_allowed, policy.protected,
  /// policy.denied, policy.second_person (kind exhausted: it waits), and those of the orders. A cluster's
  /// order is checked in full, then refused with clusters.unsupported.
  [[nodiscard]] core::Task<core::Result<std::string>> submit(hosted::Operation operation) override;
  void give_up(const std::string& id) override { held_.settle(id); }

 private:
  [[nodiscard]] core::Task<core::Result<workflows::Submitted>> place(const hosted::Operation& operation,
                                                                     std::string operation_id);

  [[nodiscard]] core::Result<> may(const hosted::Operation& operation, const std::string& operation_id);
  [[nodiscard]] core::Result<> judge(const hosted::Operation& operation, HostedOrder kind);

  workflows::Orders& orders_;
  PolicyConfig policy_;
  HeldOrders held_;
};

}  // namespace colony::daemon
