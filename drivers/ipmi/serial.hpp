#pragma once
// A serial line on the session that its BMC's actor keeps anyway: a BMC with a single session still takes
// power commands while a console is open.

#include <memory>
#include <optional>

#include "core/async/wakeup.hpp"
#include "drivers/ipmi/operations.hpp"
#include "drivers/ipmi/sol_line.hpp"
#include "drivers/serial_console.hpp"

namespace colony::drivers::ipmi {

class Actor;

/// What the line's reader and the actor share.
struct SerialState {
  /// A reader that is slower than the line loses the oldest bytes, counted; the BMC never waits for it.
  static constexpr std::size_t max_unread = 256UL * 1024;

  SerialState(core::Timers& timers, const SolActivation& activation)
      : line(activation), readable(timers), changed(timers), given_back(timers) {}

  void append(core::ByteView output);

  SolLine line;
  core::Bytes unread;
  std::uint64_t lost = 0;
  std::optional<core::Error> end;
  core::Wakeup readable;
  core::Wakeup changed;     // the line has another deadline, or is over
  core::Wakeup given_back;  // whoever gives it back waits for this
};

/// Activate Payload. A line that another session has is left to it, or taken from it; one that this session
/// has from an activation whose answer was lost is begun anew.
[[nodiscard]] core::Task<core::Result<SolActivation>> activate_serial(Link& link, Contention contention,
                                                                      core::BootTime deadline);

/// What the caller holds.
class IpmiSerialLine final : public SerialLine {
 public:
  IpmiSerialLine(std::shared_ptr<Actor> actor, std::shared_ptr<SerialState> state);
  IpmiSerialLine(const IpmiSerialLine&) = delete;
  IpmiSerialLine& operator=(const IpmiSerialLine&) = delete;
  ~IpmiSerialLine() override;

  [[nodiscard]] core::Task<core::Result<SerialOutput>> read(core::BootTime deadline) override;
  [[nodiscard]] bool write(core::ByteView bytes) override;
  void send_break() override;
  [[nodiscard]] core::Task<> close() override;

 private:
  std::shared_ptr<Actor> actor_;
  std::shared_ptr<SerialState> state_;
};

}  // namespace colony::drivers::ipmi
