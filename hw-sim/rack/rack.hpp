#pragma once
// A rack of simulated servers behind one wire: every server's BMC, firmware, disks and scout, in one thread,
// thousands of them. Over sockets it is `hw-sim rack`; over memory and virtual time it is a test's world.

#include <map>
#include <memory>
#include <vector>

#include "core/async/blocking_pool.hpp"
#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "hw-sim/bmc/bmc_model.hpp"
#include "hw-sim/rack/rack_file.hpp"
#include "hw-sim/rack/rack_report.hpp"
#include "hw-sim/rack/rack_wire.hpp"
#include "hw-sim/rack/server.hpp"
#include "hw-sim/rack/wire_count.hpp"

namespace colony::hw_sim {

/// What the rack works with; all of it outlives the rack.
struct RackWorld {
  core::Timers& timers;
  core::BlockingPool& pool;  // of scout: its disk calls
  core::Random& random;
  const core::Log& log;
  RackWire& wire;
  WireCount& count;
};

class Rack final : public RackEars {
 public:
  Rack(RackWorld world, RackFile file, ServerTimings timings);
  Rack(const Rack&) = delete;
  Rack& operator=(const Rack&) = delete;
  ~Rack() override;

  /// Takes the BMCs' addresses and waits for them to be used. All servers are off.
  void start();
  /// Ends every task; to be awaited before destruction.
  [[nodiscard]] core::Task<> close();

  void on_dhcp(core::Ipv4Address source, core::ByteView payload) override;
  void on_udp(const UdpHandle& handle, UdpPeer from, core::ByteView datagram) override;
  void on_bmc(core::Ipv4Address bmc, UdpPeer from, core::ByteView datagram) override;

  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  [[nodiscard]] Server& server(ServerIndex index);
  [[nodiscard]] core::Json report() const;
  /// Grows with everything that may have changed the report.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  struct ScoutWay;
  struct Slot;

  [[nodiscard]] core::Task<> tick(Slot& slot);
  /// Carries out what the server wants now, and looks at its deadline anew.
  void carry_out(Slot& slot);
  void send_serial(Slot& slot);
  void carry_out(Slot& slot, const action::SendFrame& send);
  void carry_out(Slot& slot, const action::SendUdp& send);
  void carry_out(Slot& slot, const action::CloseUdp& close);
  void carry_out(Slot& slot, const action::HoldAddress& hold);
  void carry_out(Slot& slot, const action::Fetch& fetch);
  void carry_out(Slot& slot, const action::StartScout& start);
  void carry_out(Slot& slot, const action::Halt& halt);
  void hear_dhcp(Slot& slot, const DhcpReply& reply);
  void hear_udp(Slot& slot, const UdpHandle& handle, UdpPeer from, core::ByteView datagram);

  [[nodiscard]] core::Task<> fetch(Slot& slot, std::uint64_t boot, action::Fetch fetch,
                                   core::Ipv4Address from);
  [[nodiscard]] core::Task<> run_scout(Slot& slot, std::uint64_t boot, std::string command_line,
                                       core::Ipv4Address from);
  /// Does something later; owned by the rack.
  void later(core::Duration delay, std::function<void()> act);

  RackWorld world_;
  ServerTimings timings_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::map<core::MacAddress, Slot*> by_mac_;
  std::map<core::Ipv4Address, Slot*> by_bmc_;
  core::TaskGroup delayed_;
  std::uint64_t changes_ = 0;
};

}  // namespace colony::hw_sim
