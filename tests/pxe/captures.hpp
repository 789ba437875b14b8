#pragma once
// Captured packets of real firmware, stored as hex text: lines that start with '#' say where they come from.

#include <fstream>
#include <stdexcept>
#include <string>

#include "core/bytes.hpp"

namespace colony::test {

inline core::Bytes read_capture(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("no capture " + path);
  std::string digits;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) digits += line;
  }
  auto bytes = core::parse_hex(digits);
  if (!bytes) throw std::runtime_error("not hex: " + path);
  return *std::move(bytes);
}

}  // namespace colony::test
