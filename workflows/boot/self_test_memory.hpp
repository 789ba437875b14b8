#pragma once
// Where it is kept how long a machine's power-on self-test takes (learnt by recipes/self_test.hpp).

#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "workflows/engine/state.hpp"

namespace colony::workflows {

[[nodiscard]] std::string self_test_setting(const core::AssetId& asset);
/// Nothing while it is not known.
[[nodiscard]] std::optional<core::Duration> known_self_test(const State& state, const core::AssetId& asset);

}  // namespace colony::workflows
