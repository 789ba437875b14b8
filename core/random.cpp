#include "core/random.hpp"

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/random.h>

namespace colony::core {

std::uint32_t Random::u32() {
  std::uint32_t value = 0;
  fill({reinterpret_cast<Byte*>(&value), sizeof value});
  return value;
}

std::uint64_t Random::u64() {
  std::uint64_t value = 0;
  fill({reinterpret_cast<Byte*>(&value), sizeof value});
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  assert(bound > 0);
  // Values under `uneven` would make small results more likely than large ones.
  const std::uint64_t uneven = (0 - bound) % bound;
  std::uint64_t value = u64();
  while (value < uneven) value = u64();
  return value % bound;
}

Uuid Random::uuid() {
  Uuid::Octets octets{};
  fill(octets);
  return Uuid::random_v4(octets);
}

std::string Random::token(unsigned bits) {
  assert(bits % 8 == 0);
  Bytes bytes(bits / 8);
  fill(bytes);
  return hex(bytes);
}

void SystemRandom::fill(std::span<Byte> out) {
  while (!out.empty()) {
    const ssize_t count = getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) std::abort();
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

void SeededRandom::fill(std::span<Byte> out) {
  while (!out.empty()) {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t word = state_;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    word ^= word >> 31;
    for (int i = 0; i < 8 && !out.empty(); ++i) {
      out[0] = static_cast<Byte>(word >> (8 * i) & 0xff);
      out = out.subspan(1);
    }
  }
}

}  // namespace colony::core
