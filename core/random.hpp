#pragma once
// Chance is passed in: production gives the kernel's, tests and simulations give a seeded stream.

#include <cstdint>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "core/ids.hpp"

namespace colony::core {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<Byte> out) = 0;

  [[nodiscard]] std::uint32_t u32();
  [[nodiscard]] std::uint64_t u64();
  /// Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  [[nodiscard]] Uuid uuid();
  /// `bits` of randomness as lower-case hex; bits a multiple of 8.
  [[nodiscard]] std::string token(unsigned bits);
};

/// getrandom(2); never fails after boot, aborts if the kernel has none.
class SystemRandom final : public Random {
 public:
  void fill(std::span<Byte> out) override;
};

/// SplitMix64 from one seed: same seed, same stream, on every machine. Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<Byte> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace colony::core
