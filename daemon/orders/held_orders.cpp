#include "daemon/orders/held_orders.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace colony::daemon {

core::Json to_json(const HeldOrder& order) {
  core::Json json{{"id", order.operation},
                  {"generation", order.generation},
                  {"type", order.kind},
                  {"asset", order.asset.to_string()},
                  {"asset_name", order.asset_name},
                  {"reason", order.reason}};
  if (order.ordered_by.empty()) {
    json["ordered_by"] = "the hosted side";
    json["may_approve"] = "whoever has the scope wipe here";
    return json;
  }
  json["ordered_by"] = fmt::format("{}", fmt::join(order.ordered_by, ", "));
  json["may_approve"] =
      fmt::format("whoever has the scope wipe, except {}", fmt::join(order.ordered_by, " and "));
  if (!order.disks.empty()) json["disks"] = order.disks;
  if (order.at) json["at"] = core::format_utc(*order.at);
  return json;
}

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
