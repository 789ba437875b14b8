// The actor's part in a serial line: its datagrams pass by the queue of operations, in both directions.

#include "drivers/ipmi/actor.hpp"

namespace colony::drivers::ipmi {

namespace {

using namespace std::chrono_literals;

constexpr core::Duration give_back_wait = 5s;
constexpr core::Duration give_back_deadline = 30s;  // behind a long read

/// Does the BMC have a serial line? One that somebody else holds is there; silence says nothing.
Learnt learnt_of_sol(const core::Result<SolActivation>& activation) {
  if (activation) return Learnt::yes;
  const auto& code = activation.error().code;
  if (code == to_error(IpmiError::sol_busy).code) return Learnt::yes;
  const bool none =
      code == to_error(IpmiError::sol_disabled).code || code == to_error(IpmiError::unsupported).code;
  return none ? Learnt::no : Learnt::unknown;
}

}  // namespace

core::Task<core::Result<std::shared_ptr<SerialState>>> Actor::open_serial(Contention contention,
                                                                          core::BootTime deadline) {
  if (serial_) co_return std::unexpected(to_error(IpmiError::sol_open));
  const auto activation = co_await activate_serial(*this, contention, deadline);
  if (const auto sol = learnt_of_sol(activation); sol != Learnt::unknown) {
    learn([sol](BmcPassport& passport) { passport.sol = sol; });
  }
  if (!activation) co_return std::unexpected(activation.error());
  serial_ = std::make_shared<SerialState>(shared_.timers, *activation);
  serial_tasks_.spawn("ipmi.serial", drive_serial(serial_));
  shared_.log.debug("ipmi.serial_opened", "the serial line is open", {{"bmc", endpoint_.address}});
  co_return serial_;
}

/// The line's clock: sends again what was not answered.
core::Task<> Actor::drive_serial(std::shared_ptr<SerialState> state) {
  while (!state->end) {
    const auto due = state->line.deadline().value_or(core::BootTime::max());
    if (shared_.timers.now() < due) {
      (void)co_await state->changed.wait_until(due);
      continue;
    }
    on_serial_step(*state, state->line.on_time(shared_.timers.now()));
  }
}

void Actor::on_serial_datagram(core::ByteView datagram) {
  if (!serial_ || !session_) return;
  const auto payload = session_->open_sol(datagram);
  if (!payload) return;
  last_used_ = shared_.timers.now();  // the BMC hears our answers: no command is needed to keep the session
  const auto state = serial_;
  on_serial_step(*state, state->line.on_payload(*payload, shared_.timers.now()));
}

void Actor::on_serial_step(SerialState& state, SolStep step) {
  if (session_ && session_->usable()) {
    for (const auto& payload : step.send) shared_.port.send(endpoint_, session_->seal_sol(payload));
  }
  if (!step.output.empty()) state.append(step.output);
  state.changed.wake();
  if (step.end) end_serial(*step.end == SolEnd::deactivated ? IpmiError::sol_ended : IpmiError::sol_lost);
}

bool Actor::type(SerialState& state, core::ByteView bytes) {
  if (state.end) return false;
  auto step = state.line.type(bytes, shared_.timers.now());
  if (!step) return false;
  on_serial_step(state, std::move(*step));
  return true;
}

void Actor::send_break(SerialState& state) {
  if (!state.end) on_serial_step(state, state.line.send_break(shared_.timers.now()));
}

void Actor::end_serial(IpmiError why) {
  if (!serial_) return;
  const auto state = std::exchange(serial_, nullptr);
  const auto error = to_error(why);
  state->end = error;
  state->readable.wake();
  state->changed.wake();
  state->given_back.wake();
  shared_.log.debug("ipmi.serial_ended", "the serial line is over",
                    {{"bmc", endpoint_.address}, {"code", error.code}});
}

core::Task<core::Result<>> Actor::deactivate_serial(std::shared_ptr<SerialState> state,
                                                    core::BootTime deadline) {
  // Over already: the line may be somebody else's by now.
  if (state != serial_) co_return core::Result<>{};
  // Only in the session that has it: none is opened to give something back.
  if (session_ && session_->ready()) (void)co_await call(deactivate_sol(), deadline);
  if (state == serial_) end_serial(IpmiError::closed);
  co_return core::Result<>{};
}

core::Task<> Actor::give_back(std::shared_ptr<SerialState> state) {
  const bool taken = give_back_later(state);
  if (taken) (void)co_await state->given_back.wait_until(shared_.timers.now() + give_back_wait);
}

bool Actor::give_back_later(const std::shared_ptr<SerialState>& state) {
  if (state->end) return false;
  auto job = std::make_shared<Job>();
  job->deadline = shared_.timers.now() + give_back_deadline;
  job->turn = Turn::second;
  job->refuse = [](const core::Error&) {};
  job->run = [this, state](Link&, core::BootTime until) -> core::Task<> {
    return forget(deactivate_serial(state, until));
  };
  return enqueue(std::move(job));
}

core::Task<> Actor::forget(core::Task<core::Result<>> task) {
  (void)co_await std::move(task);
}

}  // namespace colony::drivers::ipmi
