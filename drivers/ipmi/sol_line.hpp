#pragma once
// The console's end of one SOL payload, pure (IPMI 2.0 sections 15.9-15.11): payloads, keystrokes and time
// in; payloads, characters and the next deadline out. One packet of ours is under way at a time; what is
// typed meanwhile is collected for the next one.
//
// A packet of the BMC that comes again (its retransmissions look new to the session) gives its characters
// once: each packet is known by its number, and a repetition that has grown gives only what is new.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "drivers/ipmi/sol.hpp"

namespace colony::drivers::ipmi {

struct SolTiming {
  core::Duration wait = std::chrono::milliseconds(500);  // for an answer; doubles, up to `longest`
  core::Duration longest = std::chrono::seconds(4);
  unsigned sends = 7;  // of one packet, the first included
};

enum class SolEnd : std::uint8_t {
  deactivated,  // the BMC says that it is over
  no_answer,    // it answered none of our packets
};

struct SolStep {
  std::vector<core::Bytes> send;  // payloads, in this order
  core::Bytes output;
  bool overrun = false;  // the BMC lost characters before these
  std::optional<SolEnd> end;
};

class SolLine {
 public:
  static constexpr std::size_t max_waiting = 4096;  // characters typed and not yet taken

  explicit SolLine(const SolActivation& activation, SolTiming timing = {});

  /// nullopt when it does not fit: nothing of it was taken.
  [[nodiscard]] std::optional<SolStep> type(core::ByteView bytes, core::BootTime now);
  [[nodiscard]] SolStep send_break(core::BootTime now);
  [[nodiscard]] SolStep on_payload(core::ByteView payload, core::BootTime now);
  [[nodiscard]] SolStep on_time(core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> deadline() const;

  [[nodiscard]] bool over() const { return over_; }
  /// Characters that the machine did not take (it is off, or its port is blocked).
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] unsigned dropped() const { return dropped_; }

 private:
  struct Sent {
    std::uint8_t number = 0;
    core::Bytes data;
    std::uint8_t flags = 0;
    unsigned sends_left = 0;
    core::Duration wait{};
    core::BootTime due{};
    bool refused = false;  // by the last answer: the BMC is there, the machine does not listen
  };
  void send_next(SolStep& step, core::BootTime now);
  void send_again(SolStep& step, core::BootTime now);
  void on_ack(const SolPacket& packet, SolStep& step, core::BootTime now);
  void take(const SolPacket& packet, SolStep& step);
  void finish(SolEnd why, SolStep& step);

  SolTiming timing_;
  std::size_t at_once_;
  core::Bytes waiting_;
  bool break_waiting_ = false;
  std::uint8_t number_ = 0;
  std::optional<Sent> sent_;
  std::uint8_t heard_ = 0;            // the newest number of the BMC; 0 before the first
  std::size_t heard_characters_ = 0;  // of that packet, taken
  bool over_ = false;
  std::uint64_t refused_ = 0;
  unsigned dropped_ = 0;
};

}  // namespace colony::drivers::ipmi
