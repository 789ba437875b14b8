#pragma once
// What workflows show, as the JSON of the local API (docs/openapi.yaml). The documented members of the hosted
// reference come first; ours follow. Nothing here ever holds a password, but for BmcLogin.

#include <vector>

#include "core/json.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon::api {

[[nodiscard]] core::Json to_json(const workflows::AssetView& asset);
/// With the whole inventory (docs/wire/scout.md), which lists leave out.
[[nodiscard]] core::Json details_json(const workflows::AssetView& asset);
[[nodiscard]] core::Json to_json(const workflows::WorkflowView& workflow);
[[nodiscard]] core::Json to_json(const workflows::TimelineEntry& entry);
[[nodiscard]] core::Json to_json(const workflows::Why& why);
[[nodiscard]] core::Json to_json(const workflows::StatusView& status);
[[nodiscard]] core::Json to_json(const workflows::WipePlan& plan);
[[nodiscard]] core::Json to_json(const workflows::ProvisionPlan& plan);
/// Passwords in the clear: what `colony bmc password` asks for.
[[nodiscard]] core::Json to_json(const workflows::BmcLogin& login);
[[nodiscard]] core::Json to_json(const workflows::Submitted& submitted);
[[nodiscard]] core::Json to_json(const workflows::Enrolled& enrolled);
[[nodiscard]] core::Json to_json(const workflows::StoredEvent& event);
[[nodiscard]] core::Json to_json(const workflows::WipeRecordRow& record);

/// `{"KEY":[...]}`: how the reference answers lists.
template <class View>
[[nodiscard]] core::Json list_json(std::string_view key, const std::vector<View>& views);

/// "64GB", "1TB": decimal, as the reference shows sizes.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace colony::daemon::api
