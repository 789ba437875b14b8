#pragma once
// The System Event Log of a simulated BMC (IPMI 2.0 chapter 31): record ids that grow until it is cleared,
// reservations, a clock that counts from the BMC's start until somebody sets it, and a log that is full at
// some time.

#include <cstdint>
#include <deque>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "hw-sim/bmc/chassis.hpp"
#include "hw-sim/bmc/firmware_reply.hpp"

namespace colony::hw_sim {

/// What a BMC does with an event that finds the log full. Both are met in the field.
enum class SelWhenFull : std::uint8_t { forget_oldest, stop };

class BmcSel {
 public:
  explicit BmcSel(std::size_t capacity, SelWhenFull when_full) : capacity_(capacity), when_full_(when_full) {}

  void add(const ChassisEvent& event);
  /// One of the commands 40h-49h of the storage function.
  [[nodiscard]] FirmwareReply run(std::uint8_t code, core::ByteView data, core::BootTime now);

 private:
  [[nodiscard]] FirmwareReply info() const;
  [[nodiscard]] FirmwareReply entry(core::ByteView data) const;
  [[nodiscard]] FirmwareReply clear(core::ByteView data, core::BootTime now);
  void append(core::Bytes record, std::uint32_t at);
  [[nodiscard]] std::uint32_t clock(core::BootTime now) const;

  std::size_t capacity_;
  SelWhenFull when_full_;
  std::deque<core::Bytes> records_;  // oldest first; the id is in each
  std::uint16_t next_id_ = 1;
  std::uint16_t reservation_ = 0;
  bool overflow_ = false;
  std::uint32_t added_at_ = 0xffffffff, erased_at_ = 0xffffffff;  // never
  std::uint32_t clock_offset_ = 0;                                // seconds ahead of the time since its start
};

}  // namespace colony::hw_sim
