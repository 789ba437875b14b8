#pragma once
// Network cards as operators see them before a machine config names them.

#include "core/json.hpp"

namespace colony::daemon::cli {

/// The `nics` of a provision plan; "" without.
[[nodiscard]] std::string nic_table(const core::Json& plan);

/// By which an order means what was shown: a list of MACs.
[[nodiscard]] core::Json nic_names(const core::Json& plan);

}  // namespace colony::daemon::cli
