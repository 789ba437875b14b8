#pragma once
// What a bad network does to datagrams, in user space and from a seed: some are lost, some come twice, some
// late.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"

namespace colony::test {

/// A datagram and the server's port that it goes to or comes from.
using Carried = std::pair<std::uint16_t, core::Bytes>;

/// One direction.
class BadWay {
 public:
  BadWay(std::uint64_t seed, unsigned percent) : dice_(seed), percent_(percent) {}

  /// What leaves now: nothing, the datagram, it twice, or it and the one before it that it overtook.
  [[nodiscard]] std::vector<Carried> carry(Carried datagram) {
    std::vector<Carried> leaves;
    if (!happens()) {
      if (happens()) leaves.push_back(datagram);
      if (!held_ && happens()) {
        held_ = std::move(datagram);
        return leaves;
      }
      leaves.push_back(std::move(datagram));
    }
    for (auto& late : release()) leaves.push_back(std::move(late));
    return leaves;
  }
  /// What was held back.
  [[nodiscard]] std::vector<Carried> release() {
    std::vector<Carried> leaves;
    if (held_) leaves.push_back(std::move(*held_));
    held_.reset();
    return leaves;
  }
  [[nodiscard]] bool holds() const { return held_.has_value(); }

 private:
  [[nodiscard]] bool happens() { return dice_() % 100 < percent_; }

  std::mt19937_64 dice_;
  unsigned percent_;
  std::optional<Carried> held_;
};

struct BadNetwork {
  BadWay out;
  BadWay in;

  static BadNetwork good() { return {BadWay(0, 0), BadWay(0, 0)}; }
  static BadNetwork seeded(std::string_view name) {
    constexpr unsigned percent = 8;
    std::uint64_t seed = 14'695'981'039'346'656'037U;  // FNV-1a: the same in every build
    for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    return {BadWay(seed, percent), BadWay(seed + 1, percent)};
  }
  /// How long to wait before what is held back leaves by itself.
  [[nodiscard]] core::Duration held() const {
    return out.holds() || in.holds() ? core::Duration(std::chrono::milliseconds(20))
                                     : core::Duration(std::chrono::hours(1));
  }
};

}  // namespace colony::test
