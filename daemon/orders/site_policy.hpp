#pragma once
// What the hosted side may order at this site, whatever it orders: the configuration's `policy`. A hosted
// side in the wrong hands is a case that this is made for, so doubt refuses.

#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "daemon/config/config.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon {

/// The kind that an operation's type stands for; nothing for types that nobody does.
[[nodiscard]] std::optional<HostedOrder> hosted_order(std::string_view type);
[[nodiscard]] std::string_view name(HostedOrder order);

/// Errors: policy.not_allowed, policy.protected (kind refused).
[[nodiscard]] core::Result<> check_policy(const PolicyConfig& policy, HostedOrder order,
                                          std::string_view target, const workflows::Orders& orders);
/// Under the two-person rule: an erasure of what is in use, or about to be.
[[nodiscard]] bool needs_second_person(const PolicyConfig& policy, HostedOrder order,
                                       const workflows::AssetView& asset);

}  // namespace colony::daemon
