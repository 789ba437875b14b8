#pragma once
// Operations of the hosted side as orders of the workflows. The operation's id and generation become the
// order's operation id, so that the same operation, delivered again, is the same order.

#include "daemon/hosted/hosted_link.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon {

class OperationDesk final : public hosted::OperationSink {
 public:
  explicit OperationDesk(workflows::Orders& orders) : orders_(orders) {}

  /// Errors: hosted.operation_unsupported (kind unsupported), api.body, and those of the orders. A cluster's
  /// order is checked in full, then refused with clusters.unsupported.
  [[nodiscard]] core::Task<core::Result<std::string>> submit(hosted::Operation operation) override;

 private:
  [[nodiscard]] core::Task<core::Result<workflows::Submitted>> place(const hosted::Operation& operation,
                                                                     std::string operation_id);

  workflows::Orders& orders_;
};

}  // namespace colony::daemon
