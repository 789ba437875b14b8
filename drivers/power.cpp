#include "drivers/power.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::drivers {

core::Task<core::Result<>> confirm_power(Bmc& bmc, core::PowerState wanted, core::BootTime deadline,
                                         core::Timers& timers) {
  unsigned seen_in_a_row = 0;
  std::optional<core::Error> look_failed;
  bool looked = false;
  while (timers.now() < deadline) {
    const auto state = co_await bmc.power_state(deadline);
    if (state) {
      looked = true;
      seen_in_a_row = *state == wanted ? seen_in_a_row + 1 : 0;
      if (seen_in_a_row == 2) co_return core::Result<>{};
    } else {
      if (state.error().kind == core::ErrorKind::unauthorized) co_return std::unexpected(state.error());
      seen_in_a_row = 0;
      look_failed = state.error();
    }
    co_await timers.sleep_until(std::min(deadline, timers.now() + power_look_interval));
  }
  if (!looked && look_failed) co_return std::unexpected(*look_failed);
  co_return core::fail(core::ErrorKind::timed_out, "bmc.power_not_seen",
                       fmt::format("the BMC never reported power {} twice in a row", core::name(wanted)));
}

}  // namespace colony::drivers
