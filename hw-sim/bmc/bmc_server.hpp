#pragma once
// A BmcModel on a UDP socket.

#include <cstdint>
#include <memory>

#include "core/address.hpp"
#include "core/async/task_group.hpp"
#include "core/error.hpp"
#include "core/net/privileged.hpp"
#include "hw-sim/bmc/bmc_model.hpp"

namespace colony::hw_sim {

class BmcServer {
 public:
  /// Errors: those of Privileged::udp.
  [[nodiscard]] static core::Result<std::unique_ptr<BmcServer>> bind(core::Timers& timers,
                                                                     core::Privileged& sockets,
                                                                     core::Ipv4Address address,
                                                                     std::uint16_t port);
  BmcServer(const BmcServer&) = delete;
  BmcServer& operator=(const BmcServer&) = delete;
  ~BmcServer();

  /// The port bound, where 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;
  /// Answers from now until close(). `model` outlives that.
  void start(BmcModel& model);
  /// Ends its tasks; to be awaited before destruction.
  [[nodiscard]] core::Task<> close();

 private:
  struct Socket;
  explicit BmcServer(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

}  // namespace colony::hw_sim
