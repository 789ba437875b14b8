#include "workflows/engine/journal.hpp"

#include <array>
#include <utility>

namespace colony::workflows {

namespace {

template <class Enum, std::size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Words<AssetStatus, 5> asset_statuses{{{AssetStatus::discovering, "discovering"},
                                                {AssetStatus::available, "available"},
                                                {AssetStatus::provisioning, "provisioning"},
                                                {AssetStatus::provisioned, "provisioned"},
                                                {AssetStatus::deprovisioning, "deprovisioning"}}};
constexpr Words<AssetCondition, 4> asset_conditions{{{AssetCondition::normal, "normal"},
                                                     {AssetCondition::quarantined, "quarantined"},
                                                     {AssetCondition::indeterminate, "indeterminate"},
                                                     {AssetCondition::unreachable, "unreachable"}}};
constexpr Words<WorkflowStatus, 4> workflow_statuses{{{WorkflowStatus::pending, "pending"},
                                                      {WorkflowStatus::running, "running"},
                                                      {WorkflowStatus::completed, "completed"},
                                                      {WorkflowStatus::failed, "failed"}}};
constexpr Words<IntentState, 4> intent_states{{{IntentState::intended, "intended"},
                                               {IntentState::done, "done"},
                                               {IntentState::failed, "failed"},
                                               {IntentState::indeterminate, "indeterminate"}}};

template <class Enum, std::size_t N>
constexpr std::string_view word(const Words<Enum, N>& words, Enum wanted) {
  for (const auto& [value, text] : words) {
    if (value == wanted) return text;
  }
  return "unknown";
}

template <class Enum, std::size_t N>
constexpr std::optional<Enum> parse(const Words<Enum, N>& words, std::string_view wanted) {
  for (const auto& [value, text] : words) {
    if (text == wanted) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(AssetStatus status) {
  return word(asset_statuses, status);
}
std::string_view name(AssetCondition condition) {
  return word(asset_conditions, condition);
}
std::string_view name(WorkflowStatus status) {
  return word(workflow_statuses, status);
}
std::string_view name(IntentState state) {
  return word(intent_states, state);
}

std::optional<AssetStatus> parse_asset_status(std::string_view text) {
  return parse(asset_statuses, text);
}
std::optional<AssetCondition> parse_asset_condition(std::string_view text) {
  return parse(asset_conditions, text);
}
std::optional<WorkflowStatus> parse_workflow_status(std::string_view text) {
  return parse(workflow_statuses, text);
}
std::optional<IntentState> parse_intent_state(std::string_view text) {
  return parse(intent_states, text);
}

AssetRow AssetRow::clone() const {
  AssetRow copy{.id = id,
                .name = name,
                .status = status,
                .condition = condition,
                .condition_reason = condition_reason,
                .accepted = accepted,
                .wiped_by_us = wiped_by_us,
                .identity_json = identity_json,
                .inventory_json = inventory_json,
                .bmc_identity_json = bmc_identity_json,
                .bmc = std::nullopt,
                .created_at = created_at,
                .updated_at = updated_at};
  if (bmc) copy.bmc = bmc->clone();
  return copy;
}

}  // namespace colony::workflows
