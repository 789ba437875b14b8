#include "daemon/orders/held_orders.hpp"

#include <fmt/format.h>

#include "core/bytes.hpp"

namespace colony::daemon {

HeldOrders::Decision HeldOrders::ask(const HeldOrder& order) {
  const auto known = held_.find(order.operation);
  if (known != held_.end() && known->second.order.asset == order.asset &&
      known->second.order.generation == order.generation) {
    return known->second.decision;
  }
  // Beyond the bound it waits as well, unlisted until others are decided.
  if (known != held_.end() || held_.size() < most) held_.insert_or_assign(order.operation, Entry{order});
  return Decision::none;
}

std::vector<HeldOrder> HeldOrders::waiting() const {
  std::vector<HeldOrder> out;
  for (const auto& [id, entry] : held_) {
    if (entry.decision == Decision::none) out.push_back(entry.order);
  }
  return out;
}

core::Result<HeldOrder> HeldOrders::decide(const std::string& operation, Decision decision) {
  const auto known = held_.find(operation);
  if (known == held_.end() || known->second.decision != Decision::none) {
    return core::fail(core::ErrorKind::not_found, "operation.not_held",
                      fmt::format("no order {} waits for a person", core::printable(operation, 128)));
  }
  known->second.decision = decision;
  return known->second.order;
}

}  // namespace colony::daemon
