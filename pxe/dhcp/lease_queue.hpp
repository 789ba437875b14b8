#pragma once
// What waits for the disk: a lease may be acknowledged when it is durable, and not before. Everything that
// comes while the disk works shares the next flush. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pxe/dhcp/exchange.hpp"
#include "pxe/dhcp/lease.hpp"

namespace colony::pxe::dhcp {

class LeaseQueue {
 public:
  struct Item {
    LeaseRecord lease;
    std::optional<Outgoing> send;  // when `lease` is durable
  };
  /// A client whose request finds no room asks again.
  static constexpr std::size_t limit = 4096;
  /// Of one flush: bounds how long the first waits for the last.
  static constexpr std::size_t group_limit = 512;

  /// False, and counted, when there is no room.
  [[nodiscard]] bool push(Item item);
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  /// The next flush, oldest first.
  [[nodiscard]] std::vector<Item> take_group();

 private:
  std::vector<Item> waiting_;
  std::uint64_t dropped_ = 0;
};

}  // namespace colony::pxe::dhcp
