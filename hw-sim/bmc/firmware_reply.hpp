#pragma once
// What a simulated BMC says to a command.

#include <cstdint>

#include "core/bytes.hpp"

namespace colony::hw_sim {

struct FirmwareReply {
  std::uint8_t completion = 0;
  core::Bytes data;
};

}  // namespace colony::hw_sim
