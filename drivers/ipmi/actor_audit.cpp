// The actor's part in an audit: its turn, its port, and no session of ours that would take the BMC's last
// place.

#include "drivers/ipmi/actor.hpp"
#include "drivers/ipmi/audit.hpp"

namespace colony::drivers::ipmi {

core::Task<core::Result<BmcAudit>> Actor::audit(AskFactoryPasswords factory, std::uint32_t manufacturer_id,
                                                core::BootTime deadline) {
  co_await close_session();
  std::uint32_t id = shared_.random.u32();
  while (id == 0 || shared_.by_console_session.contains(id)) id = shared_.random.u32();
  shared_.by_console_session.emplace(id, this);
  const core::OnExit forget([this, id] { shared_.by_console_session.erase(id); });

  const bool asked = factory == AskFactoryPasswords::yes;
  AuditProbe probe({.console_session = id,
                    .username = credentials_.username,
                    .factory_users = asked ? factory_users(manufacturer_id) : std::vector<std::string>{},
                    .suites = suites_to_try()},
                   shared_.random);
  auto send = probe.start(shared_.timers.now());
  for (;;) {
    for (const auto& datagram : send) shared_.port.send(endpoint_, datagram);
    if (probe.over()) break;
    const auto datagram = co_await inbox_.pop_until(std::min(probe.deadline(), deadline));
    const auto now = shared_.timers.now();
    if (retired_) co_return std::unexpected(to_error(IpmiError::closed));
    if (!datagram && now >= deadline) co_return std::unexpected(to_error(IpmiError::deadline));
    send = datagram ? probe.on_datagram(*datagram, now) : probe.on_time(now);
  }
  if (!probe.heard()) co_return std::unexpected(to_error(IpmiError::no_answer));
  BmcAudit found = probe.found();
  if (is_factory_login(credentials_.username, credentials_.password.reveal())) {
    found.factory_password = Learnt::yes;
    found.factory_user = credentials_.username;
  }
  co_return found;
}

}  // namespace colony::drivers::ipmi
