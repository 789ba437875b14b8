#pragma once
// Simulated BMCs on a network in memory: the other shell of BmcModel. Under virtual time a whole fleet runs
// in one thread, and each datagram, in either direction, can be lost, doubled or held back.

#include <functional>
#include <map>

#include "core/async/wakeup.hpp"
#include "drivers/ipmi/datagram_port.hpp"
#include "hw-sim/bmc/bmc_model.hpp"

namespace colony::hw_sim {

enum class Fate : std::uint8_t { deliver, lose, duplicate, late };

class MemoryBmcs final : public drivers::ipmi::DatagramPort {
 public:
  /// Called for every datagram, numbered from 0 over both directions.
  using Wire = std::function<Fate(unsigned number)>;

  explicit MemoryBmcs(core::Timers& timers) : timers_(timers), changed_(timers) {}

  /// `model` outlives the network.
  void add(drivers::BmcEndpoint endpoint, BmcModel& model);
  void set_wire(Wire wire) { wire_ = std::move(wire); }
  [[nodiscard]] unsigned datagrams() const { return datagrams_; }

  /// Somebody sends this in the name of a BMC.
  void forge(const drivers::BmcEndpoint& from, core::ByteView bytes);

  void send(const drivers::BmcEndpoint& to, core::ByteView bytes) override;
  [[nodiscard]] core::Task<drivers::ipmi::InboundDatagram> receive() override;

 private:
  struct Flying {
    std::uint64_t bmc = 0;  // key of the BMC's end
    bool to_bmc = false;
    core::Bytes bytes;
  };
  using Key = std::uint64_t;

  void fly(Flying flying, core::Duration delay);

  core::Timers& timers_;
  core::Wakeup changed_;
  std::map<Key, std::pair<drivers::BmcEndpoint, BmcModel*>> bmcs_;
  std::multimap<core::BootTime, Flying> flying_;
  Wire wire_;
  unsigned datagrams_ = 0;
};

}  // namespace colony::hw_sim
