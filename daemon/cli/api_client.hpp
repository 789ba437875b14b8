#pragma once
// The local API as the command line uses it: JSON in, JSON out, errors as values with the server's own code.

#include <functional>
#include <string>

#include "core/async/timers.hpp"
#include "core/http/exchange.hpp"
#include "core/json.hpp"

namespace colony::daemon::cli {

class ApiClient {
 public:
  /// `where` names the other end in errors: the socket's path.
  ApiClient(core::Timers& timers, core::http::HttpExchange& exchange, std::string where)
      : timers_(timers), exchange_(exchange), where_(std::move(where)) {}

  /// Errors: what the server says (its code, its kind), api.unreachable when nobody answers, api.response.
  [[nodiscard]] core::Task<core::Result<core::Json>> get(std::string target);
  /// Orders that talk to a BMC take their time: `patience`.
  [[nodiscard]] core::Task<core::Result<core::Json>> post(std::string target, core::Json body,
                                                          core::Duration patience = std::chrono::minutes(2));
  [[nodiscard]] core::Task<core::Result<core::Json>> patch(std::string target, core::Json body);
  [[nodiscard]] core::Task<core::Result<core::Json>> remove(std::string target);
  /// Server-sent events until `on_event` says stop, or the connection ends.
  enum class Next : std::uint8_t { go_on, stop };
  using OnEvent = std::function<Next(const core::Json& event)>;
  [[nodiscard]] core::Task<core::Result<>> follow_events(std::uint64_t after, OnEvent on_event);

  /// Any stream of server-sent events; `on_open` when its first byte is there.
  [[nodiscard]] core::Task<core::Result<>> follow(std::string target, OnEvent on_event,
                                                  std::function<void()> on_open);
  /// Text as it is, for a short answer.
  [[nodiscard]] core::Task<core::Result<core::Json>> post_text(std::string target, std::string text);

  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  [[nodiscard]] core::Task<core::Result<core::Json>> ask(core::http::ClientRequest request,
                                                         core::Duration patience);
  [[nodiscard]] core::Error unreachable(const core::Error& error) const;

  core::Timers& timers_;
  core::http::HttpExchange& exchange_;
  std::string where_;
};

/// An `/api/v1/...` target with its variable parts encoded: api_path({"assets", name, "wipe"}).
[[nodiscard]] std::string api_path(std::initializer_list<std::string_view> segments);

}  // namespace colony::daemon::cli
