#pragma once
// Scout's way to colonyd from a simulated server: HTTP from the server's address, with the server's faults on
// the way and every answer counted as a wire message.

#include <memory>
#include <optional>
#include <string_view>

#include "core/http/client.hpp"
#include "core/secret.hpp"
#include "hw-sim/faults/fault_plan.hpp"
#include "hw-sim/rack/wire_count.hpp"
#include "ramdisk/scout/transport.hpp"

namespace colony::hw_sim {

/// colony.url= and colony.token= of the kernel command line; nullopt when one is missing or no URL.
struct ScoutArguments {
  core::http::Url url;
  core::Secret token;
};
[[nodiscard]] std::optional<ScoutArguments> parse_scout_arguments(std::string_view command_line);

class ScoutLink final : public ramdisk::ScoutTransport {
 public:
  /// All references outlive it.
  ScoutLink(core::Timers& timers, core::http::HttpExchange& exchange, core::Ipv4Address colonyd,
            core::Secret token, FaultPlan& faults, WireCount& count)
      : timers_(timers),
        exchange_(exchange),
        colonyd_(colonyd),
        token_(std::move(token)),
        faults_(faults),
        count_(count) {}

  [[nodiscard]] core::Task<core::Result<ramdisk::Reply>> post(std::string path, std::string body,
                                                              core::BootTime deadline) override;

 private:
  [[nodiscard]] core::Task<core::Result<ramdisk::Reply>> post_once(std::string path, std::string body,
                                                                   core::BootTime deadline);
  core::Timers& timers_;
  core::http::HttpExchange& exchange_;
  core::Ipv4Address colonyd_;
  core::Secret token_;
  FaultPlan& faults_;
  WireCount& count_;
};

}  // namespace colony::hw_sim
