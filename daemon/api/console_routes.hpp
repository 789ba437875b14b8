#pragma once
// A machine's serial console over the local API. Output is a stream of server-sent events, each `data` a JSON
// object:
// {"output":HEX,"lost":N} or {"end":{"code","message","kind"}}; what is typed comes as requests of their own,
// under the name that the viewer chose. A comment line every 15 s shows that the connection lives.

#include "core/async/timers.hpp"
#include "core/http/message.hpp"
#include "core/log.hpp"
#include "daemon/bmc/console_hub.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon::api {

struct ConsoleServices {
  core::Timers& timers;
  core::Log& log;
  workflows::Orders& orders;
  ConsoleHub* hub;  // nullptr: 501
};

/// GET /api/v1/assets/{id}/console?view=NAME[&take=true]
[[nodiscard]] core::Task<core::http::HttpResponse> get_console(ConsoleServices services,
                                                               core::http::HttpRequest request);
/// POST /api/v1/assets/{id}/console?view=NAME[&break=true], the body as it was typed
[[nodiscard]] core::Task<core::http::HttpResponse> post_console(ConsoleServices services,
                                                                core::http::HttpRequest request);
/// GET /api/v1/assets/{id}/console-log: what was captured, boot by boot, newest last
[[nodiscard]] core::Task<core::http::HttpResponse> get_console_log(ConsoleServices services,
                                                                   core::http::HttpRequest request);

}  // namespace colony::daemon::api
