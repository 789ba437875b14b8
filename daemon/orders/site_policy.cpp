#include "daemon/orders/site_policy.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/config/text_form.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;

/// An entry that cannot be told apart protects what it may mean.
bool is_meant(const Word& entry, std::string_view target, const core::Result<workflows::AssetView>& asset,
              const workflows::Orders& orders) {
  if (entry.text() == target) return true;
  const auto named = orders.asset(entry.text());
  if (!named) return named.error().kind != ErrorKind::not_found;
  return asset && named->id == asset->id;
}

}  // namespace

std::optional<HostedOrder> hosted_order(std::string_view type) {
  if (type == "provision" || type == "cluster-provision") return HostedOrder::provision;
  if (type == "wipe" || type == "disk-wipe") return HostedOrder::wipe;
  if (type == "discover" || type == "discovery") return HostedOrder::discover;
  if (type == "power" || type == "reboot") return HostedOrder::power;
  return std::nullopt;
}

std::string_view name(HostedOrder order) {
  for (const auto& [value, word] : words<HostedOrder>) {
    if (value == order) return word;
  }
  return "";
}

core::Result<> check_policy(const PolicyConfig& policy, HostedOrder order, std::string_view target,
                            const workflows::Orders& orders) {
  if (std::ranges::find(policy.allow, order) == policy.allow.end()) {
    return core::fail(
        ErrorKind::refused, "policy.not_allowed",
        fmt::format("this site takes no {} orders from the hosted side (policy.allow)", name(order)));
  }
  const auto asset = orders.asset(std::string(target));
  for (const auto& entry : policy.protected_assets) {
    if (!is_meant(entry, target, asset, orders)) continue;
    return core::fail(ErrorKind::refused, "policy.protected",
                      fmt::format("this site protects {} from the hosted side's orders (policy.protected)",
                                  asset ? asset->name : core::printable(target, 100)));
  }
  return {};
}

bool needs_second_person(const PolicyConfig& policy, HostedOrder order, const workflows::AssetView& asset) {
  if (!policy.two_person || order != HostedOrder::wipe) return false;
  return !workflows::is_idle(asset);
}

}  // namespace colony::daemon
