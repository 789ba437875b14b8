#include "drivers/ipmi/breaker.hpp"

namespace colony::drivers::ipmi {

std::optional<BmcQuiet> quiet_of(const Breaker& breaker, core::BootTime now, core::UtcTime utc_now) {
  if (breaker.state() == Breaker::State::closed) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(breaker.until() - now);
  return BmcQuiet{breaker.failures(), utc_now + left, std::string(name(breaker.why()))};
}

}  // namespace colony::drivers::ipmi
