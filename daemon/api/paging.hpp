#pragma once
// Pages of a list: ?limit=N&after=CURSOR. Every entry has a key that never changes its place among the
// others, the cursor is the key of the last entry seen, so nothing that was there all the time is left out or
// told twice whatever comes and goes meanwhile. An answer names the next cursor as "next" while there is
// more.

#include <string>
#include <string_view>
#include <vector>

#include "core/http/message.hpp"
#include "core/json.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon::api {

struct Page {
  std::vector<std::size_t> entries;  // their places among the keys, in order
  std::string next;                  // empty: that was all
};

/// The first `limit` entries behind `after`, by key.
[[nodiscard]] Page cut_page(const std::vector<std::string>& keys, std::string_view after, std::size_t limit);

/// By id.
[[nodiscard]] std::string page_key(const workflows::AssetView& asset);
/// Unfinished ones first, then the newest first. One that ends meanwhile moves behind, and may be seen twice.
[[nodiscard]] std::string page_key(const workflows::WorkflowView& workflow);
/// The newest first.
[[nodiscard]] std::string page_key(const workflows::WipeRecordRow& record);

/// 200 with an ETag over the body, so that If-None-Match is answered 304 by the server.
[[nodiscard]] core::http::HttpResponse tagged_response(const core::Json& body);

}  // namespace colony::daemon::api
