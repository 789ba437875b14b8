#pragma once
// Frames captured from foreign programs: EDK2 (OVMF 2022.11), iPXE 1.0.0+ (Debian 12), dnsmasq 2.90.
#include <fstream>
#include <iterator>
#include <string>

#include "core/bytes.hpp"

namespace colony::hw_sim {

inline core::Bytes golden(const std::string& name) {
  std::ifstream file(std::string(COLONY_GOLDEN_DIR) + "/" + name + ".bin", std::ios::binary);
  return core::Bytes(std::istreambuf_iterator<char>(file), {});
}

}  // namespace colony::hw_sim
