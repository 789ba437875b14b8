#pragma once
// The console of one machine, boot by boot, bounded: the first 48 KiB of a boot in pieces as they come, and
// of the rest the last 16 KiB when the boot is over. Pure.

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "daemon/bmc/console_text.hpp"

namespace colony::daemon {

struct RecordPiece {
  core::UtcTime boot;  // when it began: the name of the boot
  std::string text;    // whole lines, each with its end
  bool cut = false;    // lines are missing before these
};

class BootRecord {
 public:
  static constexpr std::size_t head = 48UL * 1024;
  static constexpr std::size_t tail = 16UL * 1024;
  static constexpr std::size_t piece = 4UL * 1024;
  static constexpr core::Duration quiet = std::chrono::seconds(2);  // a piece waits at most this long

  /// Another boot begins; what is left of the last one comes out of take().
  void begin(core::UtcTime at);
  void add(std::string_view bytes, core::BootTime now);
  /// Bytes of the line were lost.
  void note_loss() { cut_ = true; }
  /// Nobody listens any more, or the machine is off: what is left comes out of take().
  void finish();
  [[nodiscard]] std::vector<RecordPiece> take(core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> deadline() const { return due_; }

 private:
  void add_line(const std::string& line);
  void flush();

  ConsoleText text_;
  core::UtcTime boot_{};
  std::string open_;         // the piece that is being filled
  std::size_t written_ = 0;  // of this boot's head
  std::string last_;         // the newest lines beyond the head
  bool cut_ = false;
  std::optional<core::BootTime> due_;
  std::vector<RecordPiece> ready_;
};

}  // namespace colony::daemon
