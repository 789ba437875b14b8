#pragma once
// The stand-in on a router: holds long polls, delays and breaks answers as the model says, and keeps the
// state file. With core/http's Server it stands on a socket, with RouterExchange in memory under virtual
// time.

#include <functional>
#include <string>

#include "core/async/signal.hpp"
#include "core/async/timers.hpp"
#include "core/http/router.hpp"
#include "hw-sim/hosted/hosted_model.hpp"

namespace colony::hw_sim {

/// Writes the whole text next to `path` and renames it there.
[[nodiscard]] core::Result<> write_whole(const std::string& path, const std::string& text);

class HostedServer {
 public:
  /// `state_file` empty: the state stays in memory.
  HostedServer(core::Timers& timers, HostedModel& model, std::string state_file);

  /// For Server or RouterExchange; handlers use this object.
  [[nodiscard]] const core::http::Router& router() const { return router_; }
  [[nodiscard]] HostedModel& model() { return model_; }
  /// Call after changing the model from outside: wakes held polls, writes the file.
  void changed();
  /// Called on receipt of every request that is not one of the stand-in's own steering.
  void on_request(std::function<void()> call) { on_request_ = std::move(call); }

 private:
  core::Task<core::http::HttpResponse> answer(core::http::HttpRequest request);
  void save();

  core::Timers& timers_;
  HostedModel& model_;
  std::string state_file_;
  std::uint64_t saved_version_ = 0;
  std::size_t orders_seen_ = 0;
  core::Signal orders_changed_;
  std::function<void()> on_request_ = [] {};
  core::http::Router router_;
};

}  // namespace colony::hw_sim
