#include "drivers/ipmi/session.hpp"

#include <cassert>

namespace colony::drivers::ipmi {

Session::Session(SessionConfig config, const BmcCredentials& credentials, core::Random& random)
    : config_(std::move(config)), credentials_(credentials), random_(random) {
  assert(config_.console_session != 0 && !config_.suites.empty() && config_.timing.sends > 0);
}

std::optional<core::BootTime> Session::deadline() const {
  if (!pending_) return std::nullopt;
  return pending_->due;
}

/// Is a command under way that must not be sent twice?
bool Session::is_act() const {
  return pending_ && pending_->repeat == Repeat::never;
}

Step Session::drop() {
  ++dropped_;
  return {};
}

// --- sending ---

Step Session::open(core::BootTime now) {
  assert(state_ == State::fresh);
  return propose(now);
}

Step Session::propose(core::BootTime now) {
  context_ = {};
  context_.suite = config_.suites[suite_index_];
  context_.console_session = config_.console_session;
  context_.role = static_cast<std::uint8_t>(config_.privilege) | 0x10;  // 10h: look up by name only
  context_.username = credentials_.username;
  return send_handshake(
      State::opening, PayloadType::open_session_request,
      encode(OpenSessionRequest{.tag = ++tag_,
                                .max_privilege = static_cast<std::uint8_t>(config_.privilege),
                                .console_session = config_.console_session,
                                .algorithms = algorithms(context_.suite)}),
      now);
}

Step Session::send_handshake(State next, PayloadType type, core::Bytes payload, core::BootTime now) {
  state_ = next;
  Pending& pending = pending_.emplace(Pending{});
  pending.datagram = encode_plain(type, payload);
  const bool patient = restarted_ || config_.handshake == Handshake::patient;
  // A BMC that is silent to one proposal is mostly silent to all: later suites get fewer attempts.
  const bool few = patient || suite_index_ > 0;
  pending.sends_left = few ? std::min(2U, config_.timing.sends) : config_.timing.sends;
  pending.wait = patient ? config_.timing.patient_wait : config_.timing.first_wait;
  return send_again(pending, now);
}

Step Session::submit(const Command& command, core::BootTime now) {
  assert(ready());
  return send_command(State::busy, command, now);
}

Step Session::close(core::BootTime now) {
  assert(ready());
  return send_command(State::closing, close_session(context_.bmc_session), now);
}

Step Session::send_command(State next, const Command& command, core::BootTime now) {
  state_ = next;
  number_.value = (number_.value + 1) & 0x3f;
  Pending& pending = pending_.emplace(Pending{});
  pending.message = encode_request(command, number_);
  pending.number = number_;
  pending.net_fn = static_cast<std::uint8_t>(command.net_fn);
  pending.code = command.code;
  pending.repeat = command.repeat;
  const bool once = command.repeat == Repeat::never;
  pending.sends_left = once ? 1 : config_.timing.sends;
  pending.wait = once ? config_.timing.act_wait : config_.timing.first_wait;
  return send_again(pending, now);
}

Step Session::send_again(Pending& pending, core::BootTime now) {
  assert(pending.sends_left > 0);
  --pending.sends_left;
  pending.due = now + pending.wait;
  pending.wait *= 2;
  Step step;
  step.send.push_back(pending.message.empty() ? pending.datagram : seal_message(pending.message));
  return step;
}

core::Bytes Session::seal_message(core::ByteView message) {
  AesKey::Block iv{};
  random_.fill(iv);
  assert(keys_.has_value());
  return seal(keys_.value(), {context_.bmc_session, counter_.next()}, message, iv);
}

core::Bytes Session::seal_sol(core::ByteView payload) {
  assert(usable() && keys_.has_value());
  AesKey::Block iv{};
  random_.fill(iv);
  return seal(keys_.value(), {context_.bmc_session, counter_.next()}, payload, iv, PayloadType::sol);
}

std::optional<core::Bytes> Session::open_sol(core::ByteView datagram) {
  const auto packet = decode_packet(datagram);
  const bool ours = packet && packet->header == HeaderKind::v20 && packet->type == PayloadType::sol &&
                    packet->session_id == config_.console_session && keys_ && usable();
  if (!ours) {
    ++dropped_;
    return std::nullopt;
  }
  auto payload = unseal(*keys_, *packet);
  if (!payload || !window_.accept(packet->sequence)) {
    ++dropped_;
    return std::nullopt;
  }
  return std::move(*payload);
}

/// Close Session without waiting for the answer: frees the BMC's slot where it can.
core::Bytes Session::farewell() {
  number_.value = (number_.value + 1) & 0x3f;
  return seal_message(encode_request(close_session(context_.bmc_session), number_));
}

// --- ends ---

Step Session::fail(IpmiError error, std::optional<std::uint8_t> detail, Named named) {
  Step step;
  if (keys_ && !over()) step.send.push_back(farewell());
  state_ = State::over;
  pending_.reset();
  step.event = Failed{error, detail, named};
  return step;
}

Step Session::abandon(IpmiError why) {
  Step step;
  const auto refused = pending_ ? pending_->refused : std::nullopt;
  if (refused && why != IpmiError::closed) {
    heard_ = true;
    return fail(refusal(*refused), static_cast<std::uint8_t>(*refused), Named::no);
  }
  switch (state_) {
    case State::busy:
      // The session itself may be well; a late reply finds nobody who asked.
      step.event = Failed{is_act() ? IpmiError::outcome_unknown : why, std::nullopt};
      state_ = State::ready;
      pending_.reset();
      return step;
    case State::closing:
      state_ = State::over;
      pending_.reset();
      step.event = Closed{};
      return step;
    default: return fail(why);
  }
}

Step Session::on_time(core::BootTime now) {
  if (!pending_ || now < pending_->due) return {};
  if (const auto refused = pending_->refused) return on_refusal(*refused, Named::no, now);
  if (pending_->sends_left > 0) return send_again(*pending_, now);
  switch (state_) {
    case State::opening:
      // Some BMCs do not answer proposals that they do not know, instead of refusing them.
      if (suite_index_ + 1 < config_.suites.size()) {
        ++suite_index_;
        return propose(now);
      }
      return fail(IpmiError::no_answer);
    case State::busy:
      if (is_act()) return abandon(IpmiError::outcome_unknown);
      return fail(IpmiError::no_answer);
    case State::closing: return abandon(IpmiError::no_answer);
    default: return fail(IpmiError::no_answer);
  }
}

// --- receiving ---

Step Session::on_datagram(core::ByteView datagram, core::BootTime now) {
  const auto packet = decode_packet(datagram);
  if (!packet || packet->header != HeaderKind::v20) return drop();
  if (packet->type == PayloadType::ipmi) return on_reply(*packet, now);
  if (packet->session_id != 0 || packet->encrypted || packet->authenticated) return drop();
  if (packet->type == PayloadType::open_session_response && state_ == State::opening) {
    return on_handshake(decode_open_session_response(packet->payload), now);
  }
  if (packet->type == PayloadType::rakp2 && state_ == State::rakp1) {
    return on_handshake(decode_rakp2(packet->payload, context_.suite), now);
  }
  if (packet->type == PayloadType::rakp4 && state_ == State::rakp3) {
    return on_handshake(decode_rakp4(packet->payload, context_.suite), now);
  }
  return drop();
}

template <class Answer>
Step Session::on_handshake(const std::expected<Answer, IpmiError>& answer, core::BootTime now) {
  if (!answer || !pending_) return drop();
  switch (answers(*answer, tag_, config_.console_session)) {
    case Answers::us:
      return answer->status == RmcpStatus::ok ? on_yes(*answer, now)
                                              : on_refusal(answer->status, Named::yes, now);
    case Answers::perhaps_us:
      // The BMC's own answer, if this is not it, comes before the next repetition.
      pending_->refused = answer->status;
      return {};
    case Answers::others: break;
  }
  return drop();
}

IpmiError Session::refusal(RmcpStatus status) const {
  const IpmiError why = meaning(status);
  // RAKP 2 was made with our password: whatever is wrong with RAKP 3, it is not that.
  return state_ == State::rakp3 && why == IpmiError::bad_password ? IpmiError::handshake_refused : why;
}

Step Session::on_refusal(RmcpStatus status, Named named, core::BootTime now) {
  heard_ = true;
  const IpmiError why = refusal(status);
  if (state_ == State::opening) {
    const bool other_suite = why == IpmiError::no_cipher_suite && suite_index_ + 1 < config_.suites.size();
    if (!other_suite) return fail(why, static_cast<std::uint8_t>(status), named);
    ++suite_index_;
    return propose(now);
  }
  const bool is_rakp4 = state_ == State::rakp3;
  // Then there is no session that could be closed; if the BMC did say it.
  if (is_rakp4 && named == Named::yes) keys_.reset();
  // Forgotten between two messages, mostly because a doubled Open Session took its place; or RAKP 1 was
  // repeated and answered twice, with two random numbers, of which our RAKP 3 had the older one.
  const bool anew =
      status == RmcpStatus::invalid_session_id || (is_rakp4 && status == RmcpStatus::invalid_integrity_value);
  return anew ? propose_again(status, named, now) : fail(why, static_cast<std::uint8_t>(status), named);
}

/// Once. What a BMC says to the second handshake is final.
Step Session::propose_again(RmcpStatus why, Named named, core::BootTime now) {
  if (restarted_) return fail(refusal(why), static_cast<std::uint8_t>(why), named);
  restarted_ = true;
  core::Bytes last = keys_ ? farewell() : core::Bytes{};
  keys_.reset();
  codes_.reset();
  counter_ = {};
  window_ = {};
  Step step = propose(now);
  if (!last.empty()) step.send.insert(step.send.begin(), std::move(last));
  return step;
}

Step Session::on_yes(const OpenSessionResponse& response, core::BootTime now) {
  if (response.bmc_session == 0) return drop();
  heard_ = true;
  if (response.algorithms != algorithms(context_.suite)) return fail(IpmiError::weaker_suite_chosen);
  // The privilege in the response is not looked at: some BMCs say 0 and grant all the same.
  context_.bmc_session = response.bmc_session;
  random_.fill(context_.console_random);
  return send_handshake(State::rakp1, PayloadType::rakp1,
                        encode(Rakp1{.tag = ++tag_,
                                     .bmc_session = context_.bmc_session,
                                     .console_random = context_.console_random,
                                     .role = context_.role,
                                     .username = context_.username}),
                        now);
}

Step Session::on_yes(const Rakp2& response, core::BootTime now) {
  context_.bmc_random = response.bmc_random;
  context_.bmc_guid = response.bmc_guid;
  const HandshakeCodes& codes = codes_.emplace(context_, credentials_.password);
  Rakp3 rakp3{.tag = ++tag_, .bmc_session = context_.bmc_session};
  if (!equal_codes(codes.rakp2(), response.code)) {
    // Tell the BMC, so that it frees the slot; it never sees anything made with our password.
    rakp3.status = RmcpStatus::invalid_integrity_value;
    Step step = fail(IpmiError::bad_password);
    step.send.push_back(encode_plain(PayloadType::rakp3, encode(rakp3)));
    return step;
  }
  rakp3.code.assign(codes.rakp3().begin(), codes.rakp3().end());
  Step step = send_handshake(State::rakp3, PayloadType::rakp3, encode(rakp3), now);
  // From here on the BMC may hold an open session: with the keys we can close it even if RAKP 4 is lost.
  keys_.emplace(codes.session_keys());
  return step;
}

Step Session::on_yes(const Rakp4& response, core::BootTime now) {
  // Made with another random number than RAKP 2 told us, or with a BMC key (KG) that we do not have.
  if (!codes_ || !equal_codes(codes_->rakp4(), response.code)) {
    return propose_again(RmcpStatus::invalid_integrity_value, Named::yes, now);
  }
  codes_.reset();
  return send_command(State::raising, set_session_privilege(config_.privilege), now);
}

Step Session::on_reply(const Packet& packet, core::BootTime) {
  if (!keys_ || packet.session_id != config_.console_session) return drop();
  const auto message = unseal(*keys_, packet);
  if (!message || !window_.accept(packet.sequence)) return drop();
  auto reply = decode_reply(*message);
  if (!reply) return drop();
  const bool awaited = pending_ && !pending_->message.empty() && reply->number == pending_->number &&
                       reply->net_fn == (pending_->net_fn | 1) && reply->code == pending_->code;
  if (!awaited) return drop();
  return on_answer(std::move(*reply));
}

Step Session::on_answer(ReplyMessage reply) {
  Step step;
  switch (state_) {
    case State::raising:
      if (reply.completion != completion::ok) {
        return fail(privilege_meaning(reply.completion), reply.completion);
      }
      state_ = State::ready;
      step.event = Opened{context_.suite};
      break;
    case State::busy:
      state_ = State::ready;
      step.event = Answered{reply.completion, std::move(reply.data)};
      break;
    case State::closing:
      state_ = State::over;
      step.event = Closed{};
      break;
    default: return drop();
  }
  pending_.reset();
  return step;
}

std::uint32_t console_session_of(core::ByteView datagram) {
  const auto packet = decode_packet(datagram);
  if (!packet || packet->header != HeaderKind::v20) return 0;
  if (packet->session_id != 0) return packet->session_id;
  core::ByteReader in(packet->payload);
  (void)in.skip(4);  // tag, status, and two bytes that differ
  return in.u32le().value_or(0);
}

}  // namespace colony::drivers::ipmi
