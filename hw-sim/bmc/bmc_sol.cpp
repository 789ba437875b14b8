#include "hw-sim/bmc/bmc_sol.hpp"

#include <algorithm>

namespace colony::hw_sim {

namespace ipmi = drivers::ipmi;

namespace {

using namespace std::chrono_literals;

// SOL configuration parameters 3 and 4, as many BMCs have them.
constexpr core::Duration accumulate = 20ms;
constexpr core::Duration retry_interval = 480ms;
constexpr unsigned sends = 7;
constexpr std::size_t most_at_once = BmcSol::max_payload - ipmi::SolPacket::header;

}  // namespace

void BmcSol::print(std::string_view text, core::BootTime now) {
  overrun_ = overrun_ || text.size() > room();
  unsent_ += text.substr(0, room());
  if (!sent_ && !due_) due_ = now + accumulate;
}

void BmcSol::send_next(BmcSolStep& step, core::BootTime now) {
  due_.reset();
  if (unsent_.empty()) return;
  sent_text_ = unsent_.substr(0, most_at_once);
  unsent_.erase(0, sent_text_.size());
  number_ = ipmi::next_sol_number(number_);
  sent_ = ipmi::SolPacket{.sequence = number_, .data = {}};
  if (overrun_) sent_->flags |= ipmi::sol_status::overrun;
  overrun_ = false;
  sends_left_ = sends;
  send_again(step, now);
}

void BmcSol::send_again(BmcSolStep& step, core::BootTime now) {
  if (!sent_) return;
  --sends_left_;
  due_ = now + retry_interval;
  ipmi::SolPacket packet = *sent_;
  packet.data = core::as_bytes(sent_text_);
  step.send.push_back(ipmi::encode(packet));
}

BmcSolStep BmcSol::on_time(core::BootTime now) {
  BmcSolStep step;
  if (!due_ || now < *due_) return step;
  if (sent_ && sends_left_ > 0) {
    send_again(step, now);
    return step;
  }
  // Given up: its characters are gone, the next ones get their chance.
  overrun_ = overrun_ || sent_.has_value();
  sent_.reset();
  send_next(step, now);
  return step;
}

BmcSolStep BmcSol::on_payload(core::ByteView payload, bool listening, core::BootTime now) {
  BmcSolStep step;
  const auto packet = ipmi::decode_sol(payload);
  if (!packet) return step;
  if (packet->ack != 0 && sent_ && packet->ack == sent_->sequence) {
    const std::size_t accepted = std::min<std::size_t>(packet->accepted, sent_text_.size());
    unsent_.insert(0, sent_text_.substr(accepted));
    sent_.reset();
    send_next(step, now);
  }
  if (packet->sequence == 0) return step;
  const bool again = packet->sequence == heard_;
  // More than half the circle ahead: a late repetition of an older packet.
  const bool old = heard_ != 0 && (packet->sequence + 15U - heard_) % 15U > 7U;
  if (old) return step;
  const std::size_t known = again ? std::min(heard_characters_, packet->data.size()) : 0;
  const bool breaks = (packet->flags & ipmi::sol_operation::send_break) != 0;
  ipmi::SolPacket answer{.ack = packet->sequence, .data = {}};
  if (listening) {
    answer.accepted = static_cast<std::uint8_t>(packet->data.size());
    step.typed = core::as_text(packet->data.subspan(known));
    step.typed_break = breaks && !again;
    heard_ = packet->sequence;
    heard_characters_ = packet->data.size();
  } else {
    answer.nack = true;
    answer.flags = ipmi::sol_status::unavailable;
  }
  step.send.push_back(ipmi::encode(answer));
  return step;
}

}  // namespace colony::hw_sim
