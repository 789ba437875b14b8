#include "daemon/hosted/unlinked.hpp"

namespace colony::daemon::hosted {

core::Task<> acknowledge_unlinked(store::Store& store) {
  std::uint64_t acknowledged = store.report().acknowledged.value;
  for (;;) {
    const core::EventSeq last = store.marks().last_event;
    if (last.value >= acknowledged + unlinked_step) {
      const auto kept = co_await store.acknowledge(last);
      if (kept) {
        acknowledged = last.value;
        continue;
      }
    }
    // Also after a failure: a full store is no reason to hurry, the next commit brings us here again.
    (void)co_await store.changed().wait_until(core::BootTime::max());
  }
}

core::Task<> bound_until_linked(store::Store& store, std::uint64_t kept, std::function<bool()> linked) {
  for (;;) {
    const auto last = store.marks().last_event.value;
    if (!linked() && last >= kept + unlinked_step) {
      const auto acknowledged = co_await store.acknowledged();
      if (acknowledged && last - acknowledged->value >= kept + unlinked_step) {
        (void)co_await store.acknowledge({last - kept});
      }
    }
    (void)co_await store.changed().wait_until(core::BootTime::max());
  }
}

}  // namespace colony::daemon::hosted
