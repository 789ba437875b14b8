#pragma once
// The outbox as server-sent events (HTML Living Standard, section 9.2): `id:` is the sequence number, so a
// client that reconnects with Last-Event-ID or ?after= misses and repeats nothing.

#include "core/async/timers.hpp"
#include "core/http/message.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon::api {

/// Never ends by itself; a comment line every 15 s shows that the connection lives.
[[nodiscard]] core::http::StreamBody event_stream(core::Timers& timers, workflows::Orders& orders,
                                                  core::EventSeq after);

/// "id: 7\nevent: workflow.step\ndata: {...}\n\n"
[[nodiscard]] std::string encode_event(const workflows::StoredEvent& event);

}  // namespace colony::daemon::api
