#pragma once
// For the parts of the model alone: a request, taken apart, and numbers in the state.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "hw-sim/hosted/hosted_model.hpp"

namespace colony::hw_sim {

/// One request, taken apart.
struct HostedModel::Call {
  const core::http::HttpRequest* request = nullptr;
  std::string id;      // the second segment
  std::string action;  // the third
  core::Json body;
  core::UtcTime utc;
  std::optional<std::string> datacenter;  // of a hub's key: nothing of another is there for it
  [[nodiscard]] bool sees(const core::Json& thing) const {
    return !datacenter || core::json_text(thing, "datacenter_id") == *datacenter;
  }
};

inline std::uint64_t number_in(const core::Json& object, std::string_view key) {
  return core::json_uint(object, key).value_or(0);
}

inline void increment(core::Json& object, const std::string& key, std::uint64_t by = 1) {
  object[key] = number_in(object, key) + by;
}

}  // namespace colony::hw_sim
