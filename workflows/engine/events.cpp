#include "workflows/engine/events.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::workflows {

const Step* Recipe::find(std::string_view step) const {
  const auto found = std::ranges::find(steps, step, &Step::name);
  return found == steps.end() ? nullptr : &*found;
}

std::size_t Recipe::number(const Step& step) const {
  return static_cast<std::size_t>(&step - steps.data()) + 1;
}

std::size_t Recipe::ordinary_steps() const {
  const Step* const cleanup = find(after_failure);
  return cleanup == nullptr ? steps.size() : number(*cleanup) - 1;
}

Event workflow_event(const WorkflowRow& row, const Recipe* recipe) {
  const bool finished = row.status == WorkflowStatus::completed || row.status == WorkflowStatus::failed;
  core::Json body{{"id", row.id.to_string()},
                  {"type", row.type},
                  {"asset_id", row.asset.to_string()},
                  {"status", name(row.status)},
                  {"step", row.step},
                  {"tries", row.tries},
                  {"updated_at", core::format_utc(row.updated_at)}};
  if (!row.operation_id.empty()) body["operation_id"] = row.operation_id;
  if (!row.error_code.empty()) body["error"] = {{"code", row.error_code}, {"message", row.error_message}};
  const Step* const step = recipe == nullptr ? nullptr : recipe->find(row.step);
  if (recipe != nullptr) body["step_count"] = recipe->ordinary_steps();
  if (step != nullptr) body["step_number"] = recipe->number(*step);
  return {finished ? "workflow.finished" : "workflow.step", row.id.to_string(), row.updated_at,
          core::dump_json(body)};
}

Event asset_event(const AssetRow& row) {
  const core::Json body{{"id", row.id.to_string()},
                        {"name", row.name},
                        {"status", name(row.status)},
                        {"condition", name(row.condition)},
                        {"condition_reason", row.condition_reason},
                        {"accepted", row.accepted},
                        {"wiped_by_us", row.wiped_by_us},
                        {"updated_at", core::format_utc(row.updated_at)}};
  return {"asset.updated", row.id.to_string(), row.updated_at, core::dump_json(body)};
}

core::Note intent_note(const IntentRow& intent) {
  return {"intent:" + intent.id.to_string(),
          fmt::format("about to {} (attempt {})", intent.act, intent.attempt.value)};
}

std::string to_text(const StepData& context) {
  return core::dump_json(core::Json{{"v", context.version}, {"data", context.data}});
}

core::Result<StepData> step_data_from_text(std::string_view text) {
  auto parsed = core::parse_json(text);
  if (!parsed) return std::unexpected(parsed.error());
  const auto version = core::json_uint(*parsed, "v");
  const core::Json* const data = core::json_member(*parsed, "data");
  if (!version || *version > 1'000'000 || data == nullptr || !data->is_object()) {
    return core::fail(core::ErrorKind::corrupt, "workflow.unreadable_context",
                      "the workflow's journaled context cannot be read");
  }
  return StepData{static_cast<unsigned>(*version), *data};
}

}  // namespace colony::workflows
