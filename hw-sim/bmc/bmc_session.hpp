#pragma once
// One session of a BmcModel; for the model's own files only.

#include <optional>

#include "drivers/ipmi/packet.hpp"
#include "drivers/ipmi/record.hpp"
#include "drivers/ipmi/sequence_window.hpp"
#include "hw-sim/bmc/bmc_model.hpp"

namespace colony::hw_sim {

struct BmcModel::Session {
  drivers::ipmi::HandshakeContext context;
  std::optional<drivers::ipmi::SessionKeys> keys;  // with RAKP 3 proven: the session is open
  bool bare = false;                               // cipher suite 0: neither codes nor encryption
  bool bare_open = false;
  [[nodiscard]] bool open() const { return keys.has_value() || bare_open; }
  drivers::ipmi::SequenceWindow window;
  drivers::ipmi::SequenceCounter counter;
  drivers::ipmi::Privilege privilege = drivers::ipmi::Privilege::user;
  core::BootTime last_heard{};
  BmcPeer peer = 0;

  // For answering retransmissions from memory.
  core::Bytes rakp2;
  core::Bytes rakp4;
  core::Bytes request;
  core::Bytes reply;
  core::BootTime answered_at{};
};

}  // namespace colony::hw_sim
