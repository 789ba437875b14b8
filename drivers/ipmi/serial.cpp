#include "drivers/ipmi/serial.hpp"

#include "drivers/ipmi/actor.hpp"

namespace colony::drivers::ipmi {

namespace {

IpmiError activation_meaning(std::uint8_t code) {
  switch (code) {
    case completion::payload_active:
    case completion::payload_limit: return IpmiError::sol_busy;
    case completion::payload_disabled: return IpmiError::sol_disabled;
    case completion::payload_no_encryption: return IpmiError::sol_unprotected;
    default: return completion_meaning(code);
  }
}

}  // namespace

void SerialState::append(core::ByteView output) {
  unread.insert(unread.end(), output.begin(), output.end());
  if (unread.size() > max_unread) {
    const std::size_t over = unread.size() - max_unread;
    unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(over));
    lost += over;
  }
  readable.wake();
}

core::Task<core::Result<SolActivation>> activate_serial(Link& link, Contention contention,
                                                        core::BootTime deadline) {
  for (bool taken = false;; taken = true) {
    auto answer = co_await link.call(activate_sol(), deadline);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if (answer->completion == completion::ok) {
      const auto activation = parse_activate_sol(answer->data);
      if (!activation) co_return std::unexpected(to_error(activation.error()));
      co_return *activation;
    }
    const IpmiError why = activation_meaning(answer->completion);
    if (why != IpmiError::sol_busy || taken) co_return std::unexpected(to_error(why, answer->completion));
    if (contention == Contention::refuse) {
      const auto owner = co_await link.call(get_sol_instance(), deadline);
      if (!owner) co_return std::unexpected(owner.error());
      const auto session = owner->completion == completion::ok ? parse_sol_instance(owner->data)
                                                               : std::unexpected(IpmiError::unsupported);
      if (session != link.session()) co_return std::unexpected(to_error(why, answer->completion));
    }
    const auto ended = co_await link.call(deactivate_sol(), deadline);
    if (!ended) co_return std::unexpected(ended.error());
  }
}

IpmiSerialLine::IpmiSerialLine(std::shared_ptr<Actor> actor, std::shared_ptr<SerialState> state)
    : actor_(std::move(actor)), state_(std::move(state)) {}

IpmiSerialLine::~IpmiSerialLine() {
  (void)actor_->give_back_later(state_);
}

core::Task<core::Result<SerialOutput>> IpmiSerialLine::read(core::BootTime deadline) {
  while (state_->unread.empty()) {
    const auto& end = state_->end;
    if (end) co_return std::unexpected(*end);
    const bool woken = co_await state_->readable.wait_until(deadline);
    if (!woken) break;
  }
  SerialOutput out;
  out.bytes = std::exchange(state_->unread, {});
  out.lost = std::exchange(state_->lost, 0);
  co_return out;
}

bool IpmiSerialLine::write(core::ByteView bytes) {
  return actor_->type(*state_, bytes);
}

void IpmiSerialLine::send_break() {
  actor_->send_break(*state_);
}

core::Task<> IpmiSerialLine::close() {
  co_await actor_->give_back(state_);
}

}  // namespace colony::drivers::ipmi
