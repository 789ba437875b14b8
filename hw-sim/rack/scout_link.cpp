#include "hw-sim/rack/scout_link.hpp"

#include <optional>
#include <string_view>

namespace colony::hw_sim {

namespace {

std::optional<FaultPoint> point_of(std::string_view path) {
  constexpr std::string_view prefix = "/scout/v1/";
  if (!path.starts_with(prefix)) return std::nullopt;
  return parse_fault_point("scout." + std::string(path.substr(prefix.size())));
}

}  // namespace

core::Task<core::Result<ramdisk::Reply>> ScoutLink::post(std::string path, std::string body,
                                                         core::BootTime deadline) {
  const auto point = point_of(path);
  const auto fault = point ? faults_.strike(*point) : std::nullopt;
  if (!fault) co_return co_await post_once(std::move(path), std::move(body), deadline);
  switch (fault->kind) {
    case FaultKind::refuse:  // as if a proxy in between had answered: colonyd never heard it
      co_return ramdisk::Reply{503, "", std::nullopt};
    case FaultKind::late: co_await timers_.sleep_for(fault->delay); break;
    case FaultKind::duplicate: {
      const auto first = co_await post_once(path, body, deadline);
      if (!first) co_return std::unexpected(first.error());
      break;
    }
    case FaultKind::lose: {  // it arrived, its answer is lost
      const auto lost = co_await post_once(std::move(path), std::move(body), deadline);
      if (!lost) co_return std::unexpected(lost.error());
      co_return core::fail(core::ErrorKind::timed_out, "scout.lost", "the answer was lost (fault)");
    }
    case FaultKind::ignore:
    case FaultKind::lie: break;
  }
  co_return co_await post_once(std::move(path), std::move(body), deadline);
}

core::Task<core::Result<ramdisk::Reply>> ScoutLink::post_once(std::string path, std::string body,
                                                              core::BootTime deadline) {
  auto reply = co_await plain_.post(std::move(path), std::move(body), deadline);
  if (reply) count_.received(WireMessage::scout_response, colonyd_);
  co_return reply;
}

}  // namespace colony::hw_sim
