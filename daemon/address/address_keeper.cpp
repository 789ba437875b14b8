#include "daemon/address/address_keeper.hpp"

namespace colony::daemon {

using core::Error;
using core::Result;
using core::Task;

namespace {

/// Of `retry`: so soon at the earliest, however often the interface changes.
constexpr int least_part_of_retry = 60;

}  // namespace

Task<Error> AddressKeeper::keep() {
  for (;;) {
    auto why = co_await hold_once();
    if (!why) co_return why.error();
    missing(*why);
    if (why->code == "address.gone") continue;  // nobody else was heard of: the claim asks
    const core::BootTime now = timers_.now();
    co_await timers_.sleep_until(now + retry_ / least_part_of_retry);
    co_await shell_.wait_for_change(wish_.interface, now + retry_);
  }
}

/// Why it is not held, or no more; an error: the user's.
Task<Result<Error>> AddressKeeper::hold_once() {
  if (auto prepared = co_await user_.prepare(); !prepared) co_return std::unexpected(prepared.error());
  auto claimed = co_await shell_.claim(wish_);
  if (!claimed) co_return claimed.error();
  told_.clear();
  if (auto used = co_await user_.on_held(std::move(*claimed)); !used) co_return std::unexpected(used.error());
  co_return co_await shell_.lost();
}

void AddressKeeper::missing(const Error& why) {
  if (why.message != told_) {
    log_.warn("address.missing", "The load-balancer address is not ours; it is tried again.",
              {{"code", why.code}, {"why", why.message}});
  }
  told_ = why.message;
  user_.on_missing(why);
}

}  // namespace colony::daemon
