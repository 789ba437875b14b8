#include "workflows/boot/self_test_memory.hpp"

#include <charconv>
#include <chrono>

namespace colony::workflows {

std::string self_test_setting(const core::AssetId& asset) {
  return "boot.self_test." + asset.to_string();
}

std::optional<core::Duration> known_self_test(const State& state, const core::AssetId& asset) {
  const std::string text = state.setting(self_test_setting(asset));
  unsigned seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc{} || seconds == 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace colony::workflows
