#include "daemon/api/event_stream.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/api/views.hpp"

namespace colony::daemon::api {

namespace {

constexpr core::Duration keep_alive = std::chrono::seconds(15);
constexpr unsigned batch = 64;

core::Task<std::optional<std::string>> next(core::Timers& timers, workflows::Orders& orders,
                                            std::shared_ptr<core::EventSeq> after) {
  auto events = co_await orders.events(*after, batch);
  if (!events) co_return std::nullopt;
  if (events->empty()) {
    const bool something = co_await orders.wait_for_event(*after, timers.now() + keep_alive);
    if (!something) co_return ": still here\n\n";
    events = co_await orders.events(*after, batch);
    if (!events) co_return std::nullopt;
  }
  std::string out;
  for (const auto& event : *events) {
    out += encode_event(event);
    *after = event.seq;
  }
  co_return out;
}

}  // namespace

std::string encode_event(const workflows::StoredEvent& event) {
  // dump_json writes one line, so the data field needs no splitting.
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.seq.value, event.event.type,
                     core::dump_json(to_json(event)));
}

core::http::StreamBody event_stream(core::Timers& timers, workflows::Orders& orders, core::EventSeq after) {
  const auto position = std::make_shared<core::EventSeq>(after);
  return {[&timers, &orders, position] { return next(timers, orders, position); }};
}

}  // namespace colony::daemon::api
