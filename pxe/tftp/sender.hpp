#pragma once
// One read transfer as a state machine: acknowledgements and time in, "send this" out. It holds block numbers
// only, never bytes, so a shell may send a whole window in one call.
//
// - A duplicate acknowledgement never causes DATA (RFC 1123 section 4.2.3.1, the Sorcerer's Apprentice): only
//   progress or the timer does.
// - An acknowledgement inside the window (RFC 7440: the client saw a gap) moves the window's start there.
// - Block numbers wrap to 0 after 65535; inside they are 64-bit and never do.
// - The timer follows the measured round trip (RFC 6298, Karn's rule), starts at 100 ms, backs off by
// doubling.
// - Before the first valid acknowledgement at most 3 retransmissions leave: the source address may be forged.

#include <cstdint>
#include <variant>

#include "core/clock.hpp"
#include "pxe/tftp/negotiation.hpp"
#include "pxe/tftp/packet.hpp"

namespace colony::pxe::tftp {

struct Wait {};  // nothing to send; deadline() says until when
struct SendOack {};
struct SendBlocks {  // blocks first .. first + count - 1, counted from 1
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  friend bool operator==(const SendBlocks&, const SendBlocks&) = default;
};
enum class Outcome : std::uint8_t {
  complete,  // the last block was acknowledged
  aborted,   // the client said so, in time or right after it learnt tsize
  silent,    // the client went away
};
std::string_view name(Outcome outcome);
struct Finished {
  Outcome outcome = Outcome::silent;
  friend bool operator==(const Finished&, const Finished&) = default;
};
using Step = std::variant<Wait, SendOack, SendBlocks, Finished>;

class Sender {
 public:
  Sender(const Agreement& agreement, std::uint64_t file_size);

  [[nodiscard]] Step start(core::BootTime now);
  [[nodiscard]] Step on_ack(BlockNumber block, core::BootTime now);
  [[nodiscard]] Step on_error();
  /// Called when deadline() has passed; harmless before.
  [[nodiscard]] Step on_time(core::BootTime now);

  [[nodiscard]] core::BootTime deadline() const { return deadline_; }
  /// Bytes that the client has acknowledged.
  [[nodiscard]] std::uint64_t acknowledged_bytes() const;
  [[nodiscard]] std::uint64_t retransmissions() const { return retransmissions_; }
  /// The client acknowledged the options, and over several sendings never a block: perhaps they are too large
  /// for its path.
  [[nodiscard]] bool loses_blocks() const;
  /// Everything was sent, to a client that is there: it may have all of it, and its last acknowledgement be
  /// lost.
  [[nodiscard]] bool may_be_done() const { return heard_ && sent_ == last_block(); }
  [[nodiscard]] core::Duration timeout() const { return timeout_; }

  /// Where a block lies in the file; the last block is shorter than the others, perhaps empty.
  struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  [[nodiscard]] Extent extent(std::uint64_t block) const;
  [[nodiscard]] static BlockNumber on_wire(std::uint64_t block) {
    return BlockNumber{static_cast<std::uint16_t>(block & 0xffff)};
  }

 private:
  [[nodiscard]] Step send_window(core::BootTime now);
  [[nodiscard]] std::uint64_t last_block() const { return file_size_ / block_size_ + 1; }
  void measure(core::BootTime now);
  void arm(core::BootTime now);

  std::uint64_t block_size_;
  std::uint64_t window_size_;
  std::uint64_t file_size_;
  core::Duration longest_timeout_;

  bool awaits_oack_ack_;            // the OACK is on its way; its acknowledgement is block 0
  bool heard_ = false;              // one valid acknowledgement has come: the peer is real
  std::uint64_t acknowledged_ = 0;  // highest block acknowledged
  std::uint64_t sent_ = 0;          // highest block sent; acknowledged_ <= sent_
  core::BootTime started_{};
  core::BootTime sent_at_{};
  bool ambiguous_ = false;  // what is in flight was retransmitted: no round trip is measured (Karn)
  int attempts_ = 0;        // retransmissions since the last progress
  std::uint64_t retransmissions_ = 0;
  core::Duration smoothed_{};
  core::Duration variation_{};
  bool measured_ = false;
  core::Duration timeout_;
  core::BootTime deadline_{};
};

}  // namespace colony::pxe::tftp
