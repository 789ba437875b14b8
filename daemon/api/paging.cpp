#include "daemon/api/paging.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/sha256.hpp"

namespace colony::daemon::api {

namespace {

/// Later times come first.
std::string latest_first(core::UtcTime time) {
  constexpr std::int64_t end_of_time = 9'999'999'999'999;  // ms: the year 2286
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:013}", end_of_time - std::clamp<std::int64_t>(ms, 0, end_of_time));
}

}  // namespace

Page cut_page(const std::vector<std::string>& keys, std::string_view after, std::size_t limit) {
  std::vector<std::size_t> places(keys.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  if (!after.empty()) std::erase_if(places, [&](std::size_t place) { return keys[place] <= after; });
  std::ranges::sort(places, {}, [&keys](std::size_t place) -> const std::string& { return keys[place]; });
  Page page;
  if (places.size() > limit && limit > 0) page.next = keys[places[limit - 1]];
  places.resize(std::min(places.size(), limit));
  page.entries = std::move(places);
  return page;
}

std::string page_key(const workflows::AssetView& asset) {
  return asset.id.to_string();
}

std::string page_key(const workflows::WorkflowView& workflow) {
  using workflows::WorkflowStatus;
  const bool ended =
      workflow.status == WorkflowStatus::completed || workflow.status == WorkflowStatus::failed;
  return fmt::format("{}~{}~{}", ended ? 1 : 0, latest_first(workflow.created_at), workflow.id.to_string());
}

std::string page_key(const workflows::WipeRecordRow& record) {
  return fmt::format("{}~{}~{}", latest_first(record.at), record.workflow.to_string(), record.attempt.value);
}

core::http::HttpResponse tagged_response(const core::Json& body) {
  auto response = core::http::json_response(core::http::Status::ok, body);
  if (const auto* text = std::get_if<std::string>(&response.body)) {
    (void)response.headers.add("ETag", fmt::format("\"{}\"", core::sha256(*text).to_string().substr(0, 32)));
  }
  return response;
}

}  // namespace colony::daemon::api
