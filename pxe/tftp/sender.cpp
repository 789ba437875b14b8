#include "pxe/tftp/sender.hpp"

#include <algorithm>

namespace colony::pxe::tftp {

namespace {

using namespace std::chrono_literals;

constexpr core::Duration first_timeout = 100ms;
// Below this, a client that is merely busy (firmware polls its NIC) would be sent everything twice.
constexpr core::Duration shortest_timeout = 40ms;
// Retransmissions without progress before the client counts as gone: with doubling, about 10 s in all.
constexpr int attempts_limit = 9;
// The same before the first acknowledgement; after the last one we only listen for a while.
constexpr int unheard_attempts_limit = 3;
constexpr core::Duration unheard_limit = 5s;
// Sendings of the first block without an answer before its size is suspected.
constexpr int lost_block_attempts = 3;

}  // namespace

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::complete: return "complete";
    case Outcome::aborted: return "aborted";
    case Outcome::silent: return "silent";
  }
  return "?";
}

Sender::Sender(const Agreement& agreement, std::uint64_t file_size)
    : block_size_(agreement.block_size),
      window_size_(agreement.window_size),
      file_size_(file_size),
      longest_timeout_(agreement.longest_timeout),
      awaits_oack_ack_(!agreement.oack.empty()),
      timeout_(std::min(first_timeout, agreement.longest_timeout)) {}

Step Sender::start(core::BootTime now) {
  started_ = now;
  if (!awaits_oack_ack_) return send_window(now);
  sent_at_ = now;
  arm(now);
  return SendOack{};
}

Step Sender::send_window(core::BootTime now) {
  const std::uint64_t first = acknowledged_ + 1;
  const std::uint64_t last = std::min(acknowledged_ + window_size_, last_block());
  sent_ = std::max(sent_, last);
  sent_at_ = now;
  arm(now);
  return SendBlocks{first, last - first + 1};
}

Step Sender::on_ack(BlockNumber block, core::BootTime now) {
  if (awaits_oack_ack_) {
    if (block.value != 0) return Wait{};
    awaits_oack_ack_ = false;
  } else {
    // The only reading of the 16 bits that lies at or after the last acknowledgement.
    const auto ahead =
        static_cast<std::uint16_t>(block.value - static_cast<std::uint16_t>(acknowledged_ & 0xffff));
    if (ahead == 0 || acknowledged_ + ahead > sent_) return Wait{};  // duplicate, stale, or never sent
    acknowledged_ += ahead;
  }
  heard_ = true;
  // Only the answer to everything that was in flight measures the round trip.
  if (acknowledged_ == sent_) measure(now);
  attempts_ = 0;
  ambiguous_ = acknowledged_ < sent_;  // the gap's blocks go out again
  if (acknowledged_ == last_block()) return Finished{Outcome::complete};
  return send_window(now);
}

Step Sender::on_error() {
  return Finished{Outcome::aborted};
}

Step Sender::on_time(core::BootTime now) {
  if (now < deadline_) return Wait{};
  const int limit = heard_ ? attempts_limit : unheard_attempts_limit;
  if (attempts_ >= limit) {
    if (heard_ || now >= started_ + unheard_limit) return Finished{Outcome::silent};
    deadline_ = started_ + unheard_limit;
    return Wait{};
  }
  ++attempts_;
  ++retransmissions_;
  ambiguous_ = true;
  timeout_ = std::min(timeout_ * 2, longest_timeout_);
  if (awaits_oack_ack_) {
    arm(now);
    return SendOack{};
  }
  return send_window(now);
}

void Sender::measure(core::BootTime now) {
  if (ambiguous_) return;
  const core::Duration sample = now - sent_at_;
  if (!measured_) {
    measured_ = true;
    smoothed_ = sample;
    variation_ = sample / 2;
  } else {
    const core::Duration error = sample > smoothed_ ? sample - smoothed_ : smoothed_ - sample;
    variation_ = (3 * variation_ + error) / 4;
    smoothed_ = (7 * smoothed_ + sample) / 8;
  }
  timeout_ =
      std::clamp(smoothed_ + 4 * variation_, std::min(shortest_timeout, longest_timeout_), longest_timeout_);
}

void Sender::arm(core::BootTime now) {
  deadline_ = now + timeout_;
}

bool Sender::loses_blocks() const {
  return heard_ && acknowledged_ == 0 && attempts_ >= lost_block_attempts;
}

std::uint64_t Sender::acknowledged_bytes() const {
  return std::min(acknowledged_ * block_size_, file_size_);
}

Sender::Extent Sender::extent(std::uint64_t block) const {
  const std::uint64_t offset = (block - 1) * block_size_;
  return Extent{offset, std::min(block_size_, file_size_ - offset)};
}

}  // namespace colony::pxe::tftp
