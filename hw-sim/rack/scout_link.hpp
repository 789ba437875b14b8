#pragma once
// Scout's way to colonyd from a simulated server: HTTP from the server's address, with the server's faults on
// the way and every answer counted as a wire message.

#include "core/async/timers.hpp"
#include "core/secret.hpp"
#include "hw-sim/faults/fault_plan.hpp"
#include "hw-sim/rack/wire_count.hpp"
#include "ramdisk/scout/http_transport.hpp"

namespace colony::hw_sim {

class ScoutLink final : public ramdisk::ScoutTransport {
 public:
  /// All references outlive it.
  ScoutLink(core::Timers& timers, core::http::HttpExchange& exchange, core::Ipv4Address colonyd,
            core::Secret token, FaultPlan& faults, WireCount& count)
      : timers_(timers),
        plain_(exchange, std::move(token)),
        colonyd_(colonyd),
        faults_(faults),
        count_(count) {}

  [[nodiscard]] core::Task<core::Result<ramdisk::Reply>> post(std::string path, std::string body,
                                                              core::BootTime deadline) override;

 private:
  [[nodiscard]] core::Task<core::Result<ramdisk::Reply>> post_once(std::string path, std::string body,
                                                                   core::BootTime deadline);
  core::Timers& timers_;
  ramdisk::HttpTransport plain_;  // scout's own
  core::Ipv4Address colonyd_;
  FaultPlan& faults_;
  WireCount& count_;
};

}  // namespace colony::hw_sim
