#pragma once
// The machine's serial line through its BMC. A driver that can do it hands this out with Bmc::serial().

#include <cstdint>
#include <memory>

#include "core/async/task.hpp"
#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

namespace colony::drivers {

struct SerialOutput {
  core::Bytes bytes;       // what the machine printed, as it came; empty: nothing by the deadline
  std::uint64_t lost = 0;  // bytes before these that nobody read in time
};

/// One open line. Bytes arrive once and in order, whatever the network did to them.
class SerialLine {
 public:
  SerialLine() = default;
  SerialLine(const SerialLine&) = delete;
  SerialLine& operator=(const SerialLine&) = delete;
  virtual ~SerialLine() = default;

  /// Waits for output, until the deadline. One reader. Errors, after all that came before was read:
  /// ipmi.sol_lost (the BMC or its session is gone), ipmi.sol_ended (the BMC or somebody else ended it).
  [[nodiscard]] virtual core::Task<core::Result<SerialOutput>> read(core::BootTime deadline) = 0;
  /// All or nothing: false when more than the BMC takes is waiting already, or the line is over.
  [[nodiscard]] virtual bool write(core::ByteView bytes) = 0;
  virtual void send_break() = 0;
  /// Gives the line back. A line that is destroyed instead is given back without waiting.
  [[nodiscard]] virtual core::Task<> close() = 0;
};

enum class Contention : std::uint8_t { refuse, take };  // take: ends the session that has the line

class SerialConsole {
 public:
  virtual ~SerialConsole() = default;
  /// One at a time. Errors: ipmi.sol_busy (somebody else has it), ipmi.sol_open (we have it open),
  /// ipmi.sol_disabled, ipmi.sol_unprotected, ipmi.unsupported, and those of every call.
  [[nodiscard]] virtual core::Task<core::Result<std::unique_ptr<SerialLine>>> open_serial(
      Contention contention, core::BootTime deadline) = 0;
};

}  // namespace colony::drivers
