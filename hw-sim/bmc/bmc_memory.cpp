#include "hw-sim/bmc/bmc_memory.hpp"

namespace colony::hw_sim {

namespace {

using namespace std::chrono_literals;

constexpr core::Duration trip = 200us;
/// Longer than a client's first wait, so that the answer meets the retransmission.
constexpr core::Duration lateness = 1500ms;

std::uint64_t key_of(const drivers::BmcEndpoint& endpoint) {
  return static_cast<std::uint64_t>(endpoint.address.value()) << 16 | endpoint.port;
}

}  // namespace

void MemoryBmcs::add(drivers::BmcEndpoint endpoint, BmcModel& model) {
  bmcs_.insert_or_assign(key_of(endpoint), std::pair{endpoint, &model});
  model.set_on_change([this] { changed_.wake(); });
}

void MemoryBmcs::fly(Flying flying, core::Duration delay) {
  const Fate fate = wire_ ? wire_(datagrams_) : Fate::deliver;
  ++datagrams_;
  if (fate == Fate::lose) return;
  const auto at = timers_.now() + trip + delay;
  if (fate == Fate::duplicate) flying_.emplace(at, flying);
  flying_.emplace(fate == Fate::late ? at + lateness : at, std::move(flying));
  changed_.wake();
}

void MemoryBmcs::send(const drivers::BmcEndpoint& to, core::ByteView bytes) {
  fly({key_of(to), true, core::Bytes(bytes.begin(), bytes.end())}, {});
}

void MemoryBmcs::forge(const drivers::BmcEndpoint& from, core::ByteView bytes) {
  fly({key_of(from), false, core::Bytes(bytes.begin(), bytes.end())}, {});
}

core::Task<drivers::ipmi::InboundDatagram> MemoryBmcs::receive() {
  for (;;) {
    const auto next = flying_.begin();
    auto at = next == flying_.end() ? core::BootTime::max() : next->first;
    bool printed = false;
    for (const auto& [key, entry] : bmcs_) {
      BmcModel& model = *entry.second;
      for (auto& outgoing : model.take_outgoing(timers_.now())) {
        fly({key, false, std::move(outgoing.bytes)}, {});
        printed = true;
      }
      at = std::min(at, model.deadline().value_or(core::BootTime::max()));
    }
    if (printed) continue;
    if (next == flying_.end() || timers_.now() < next->first) {
      (void)co_await changed_.wait_until(at);
      continue;
    }
    const Flying landed = std::move(next->second);
    flying_.erase(next);
    const auto bmc = bmcs_.find(landed.bmc);
    if (bmc == bmcs_.end()) continue;
    const auto& [endpoint, model] = bmc->second;
    if (!landed.to_bmc) co_return drivers::ipmi::InboundDatagram{endpoint, landed.bytes};
    for (auto& reply : model->on_datagram(landed.bytes, timers_.now())) {
      fly({landed.bmc, false, std::move(reply.bytes)}, reply.delay);
    }
  }
}

}  // namespace colony::hw_sim
