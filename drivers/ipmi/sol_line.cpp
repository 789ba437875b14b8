#include "drivers/ipmi/sol_line.hpp"

#include <algorithm>

namespace colony::drivers::ipmi {

namespace {

// Firmware that says 0 or nonsense still takes this much.
constexpr std::size_t least_at_once = 1;
constexpr std::size_t most_at_once = 200;
/// A number at most this far ahead of the newest is new; the others are late repetitions.
constexpr unsigned new_numbers = 7;
constexpr unsigned numbers = 15;

}  // namespace

SolLine::SolLine(const SolActivation& activation, SolTiming timing) : timing_(timing) {
  const std::size_t room =
      activation.to_bmc > SolPacket::header ? activation.to_bmc - SolPacket::header : least_at_once;
  at_once_ = std::clamp(room, least_at_once, most_at_once);
}

std::optional<core::BootTime> SolLine::deadline() const {
  if (!sent_) return std::nullopt;
  return sent_->due;
}

std::optional<SolStep> SolLine::type(core::ByteView bytes, core::BootTime now) {
  if (over_ || waiting_.size() + bytes.size() > max_waiting) return std::nullopt;
  waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  SolStep step;
  if (!sent_) send_next(step, now);
  return step;
}

SolStep SolLine::send_break(core::BootTime now) {
  SolStep step;
  if (over_) return step;
  break_waiting_ = true;
  if (!sent_) send_next(step, now);
  return step;
}

void SolLine::send_next(SolStep& step, core::BootTime now) {
  if (waiting_.empty() && !break_waiting_) return;
  Sent& sent = sent_.emplace(Sent{});
  sent.number = number_ = next_sol_number(number_);
  const std::size_t count = std::min(waiting_.size(), at_once_);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  sent.data.assign(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  if (break_waiting_) sent.flags |= sol_operation::send_break;
  break_waiting_ = false;
  sent.sends_left = timing_.sends;
  sent.wait = timing_.wait;
  send_again(step, now);
}

void SolLine::send_again(SolStep& step, core::BootTime now) {
  if (!sent_) return;
  Sent& sent = *sent_;
  --sent.sends_left;
  sent.due = now + sent.wait;
  sent.wait = std::min(sent.wait * 2, timing_.longest);
  step.send.push_back(encode(SolPacket{.sequence = sent.number, .flags = sent.flags, .data = sent.data}));
}

SolStep SolLine::on_time(core::BootTime now) {
  SolStep step;
  if (!sent_ || now < sent_->due) return step;
  if (sent_->sends_left > 0) {
    send_again(step, now);
    return step;
  }
  if (!sent_->refused) {
    finish(SolEnd::no_answer, step);
    return step;
  }
  // The BMC answered all the time: only the machine does not listen. The line lives on.
  refused_ += sent_->data.size();
  sent_.reset();
  send_next(step, now);
  return step;
}

SolStep SolLine::on_payload(core::ByteView payload, core::BootTime now) {
  SolStep step;
  const auto packet = decode_sol(payload);
  if (!packet || over_) {
    ++dropped_;
    return step;
  }
  if (packet->sequence != 0) take(*packet, step);
  if (packet->ack != 0) on_ack(*packet, step, now);
  step.overrun = (packet->flags & sol_status::overrun) != 0;
  if ((packet->flags & sol_status::deactivated) != 0) finish(SolEnd::deactivated, step);
  return step;
}

void SolLine::take(const SolPacket& packet, SolStep& step) {
  const unsigned ahead = (packet.sequence + numbers - heard_) % numbers;
  const bool again = heard_ == packet.sequence;
  if (heard_ != 0 && !again && ahead > new_numbers) {
    ++dropped_;  // a late repetition: nobody waits for its answer any more
    return;
  }
  const std::size_t known = again ? std::min(heard_characters_, packet.data.size()) : 0;
  const core::ByteView fresh = packet.data.subspan(known);
  heard_characters_ = again ? std::max(heard_characters_, packet.data.size()) : packet.data.size();
  heard_ = packet.sequence;
  step.output.assign(fresh.begin(), fresh.end());
  step.send.push_back(encode(SolPacket{
      .ack = packet.sequence, .accepted = static_cast<std::uint8_t>(packet.data.size()), .data = {}}));
}

void SolLine::on_ack(const SolPacket& packet, SolStep& step, core::BootTime now) {
  if (!sent_ || packet.ack != sent_->number) return;  // answered before: a repetition
  Sent& sent = *sent_;
  const std::size_t accepted = std::min<std::size_t>(packet.accepted, sent.data.size());
  const bool nothing = accepted == 0 && (!sent.data.empty() || packet.nack);
  if (nothing) {
    sent.refused = true;  // sent again when it is due
    return;
  }
  // What was not taken goes first into the next packet, under its own number.
  waiting_.insert(waiting_.begin(), sent.data.begin() + static_cast<std::ptrdiff_t>(accepted),
                  sent.data.end());
  sent_.reset();
  send_next(step, now);
}

void SolLine::finish(SolEnd why, SolStep& step) {
  over_ = true;
  sent_.reset();
  waiting_.clear();
  step.end = why;
}

}  // namespace colony::drivers::ipmi
