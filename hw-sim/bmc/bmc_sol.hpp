#pragma once
// The BMC's end of one SOL payload (IPMI 2.0 sections 15.9-15.11), pure: payloads, printed text and time in;
// payloads, typed text and the next deadline out.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "drivers/ipmi/sol.hpp"

namespace colony::hw_sim {

struct BmcSolStep {
  std::vector<core::Bytes> send;
  std::string typed;
  bool typed_break = false;
};

class BmcSol {
 public:
  static constexpr std::size_t max_payload = 200;  // in either direction, header included
  static constexpr std::size_t max_unsent = 64UL * 1024;

  /// More than fits is lost, and the console is told (transmit overrun).
  void print(std::string_view text, core::BootTime now);
  [[nodiscard]] std::size_t room() const { return max_unsent - std::min(max_unsent, unsent_.size()); }
  /// `listening`: does the machine take what is typed?
  [[nodiscard]] BmcSolStep on_payload(core::ByteView payload, bool listening, core::BootTime now);
  [[nodiscard]] BmcSolStep on_time(core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> deadline() const { return due_; }

 private:
  void send_next(BmcSolStep& step, core::BootTime now);
  void send_again(BmcSolStep& step, core::BootTime now);

  std::string unsent_;
  bool overrun_ = false;
  std::optional<drivers::ipmi::SolPacket> sent_;  // its data is sent_text_
  std::string sent_text_;
  unsigned sends_left_ = 0;
  std::uint8_t number_ = 0;
  std::uint8_t heard_ = 0;
  std::size_t heard_characters_ = 0;
  std::optional<core::BootTime> due_;
};

}  // namespace colony::hw_sim
