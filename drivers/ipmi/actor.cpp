#include "drivers/ipmi/actor.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::drivers::ipmi {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_waiting = 32;  // of each turn
constexpr std::size_t max_inbox = 16;
constexpr unsigned max_rejections = 2;  // BMCs lock accounts out
constexpr unsigned max_busy_tries = 6;
constexpr core::Duration busy_wait = 500ms;
constexpr core::Duration full_wait = 2s;  // doubles, to 16 s
constexpr core::Duration longest_full_wait = 16s;
constexpr core::Duration close_wait = 2s;
/// A slow answer to what may wait is worth this much of the time of what may not.
constexpr core::Duration yield_after = 1s;
/// With a serial line open: BMCs end a session after 60 s without a command, whatever its line carries.
constexpr core::Duration keep_alive_interval = 25s;
constexpr core::Duration keep_alive_wait = 15s;

bool is_sol(core::ByteView datagram) {
  const auto packet = decode_packet(datagram);
  return packet && packet->type == PayloadType::sol;
}

/// Did the BMC say that it did not do it, and to come back?
bool is_busy(const Answered& answer, Repeat repeat) {
  if (answer.completion == completion::busy) return true;  // C0h: not processed
  if (repeat == Repeat::never) return false;
  return completion_meaning(answer.completion) == IpmiError::busy;
}

}  // namespace

Actor::Actor(Shared& shared, BmcEndpoint endpoint, BmcCredentials credentials)
    : shared_(shared),
      endpoint_(endpoint),
      credentials_(std::move(credentials)),
      work_(shared.timers),
      inbox_(shared.timers, max_inbox),
      serial_tasks_(shared.timers) {}

Actor::~Actor() {
  end_session();
}

void Actor::retire() {
  retired_ = true;
  work_.wake();
  (void)inbox_.try_push({});  // a full one is no loss: then there is something to look at anyway
}

void Actor::on_datagram(core::Bytes datagram) {
  if (serial_ && is_sol(datagram)) return on_serial_datagram(datagram);
  if (!datagram.empty()) (void)inbox_.try_push(std::move(datagram));
}

bool Actor::enqueue(std::shared_ptr<Job> job) {
  auto& queue = waiting_.at(static_cast<std::size_t>(job->turn));
  if (retired_ || queue.size() >= max_waiting) return false;
  queue.push_back(std::move(job));
  work_.wake();
  if (is_passed()) (void)inbox_.try_push({});
  return true;
}

std::shared_ptr<Actor::Job> Actor::next_job(std::size_t before) {
  for (std::size_t turn = 0; turn < before; ++turn) {
    auto& queue = waiting_.at(turn);
    while (!queue.empty()) {
      auto job = std::move(queue.front());
      queue.pop_front();
      if (!job->withdrawn) return job;
    }
  }
  return nullptr;
}

bool Actor::is_passed() const {
  for (std::size_t turn = 0; turn < static_cast<std::size_t>(turn_); ++turn) {
    if (!waiting_.at(turn).empty()) return true;
  }
  return false;
}

core::Error Actor::refusal() const {
  return to_error(retired_ ? IpmiError::closed : IpmiError::queue_full);
}

core::Task<> Actor::run() {
  while (!retired_) {
    if (auto job = next_job()) {
      co_await begin(std::move(job));
      continue;
    }
    const auto rest = serial_ ? keep_alive_interval : shared_.options.idle_close;
    const auto idle_at = session_ ? last_used_ + rest : core::BootTime::max();
    const bool woken = co_await work_.wait_until(idle_at);
    if (woken) continue;
    if (serial_ && shared_.timers.now() < last_used_ + rest) continue;  // it was used meanwhile
    if (serial_) {
      co_await keep_alive();
    } else {
      co_await close_session();
    }
  }
  while (const auto job = next_job()) {
    job->begun = true;
    job->refuse(to_error(IpmiError::closed));
  }
  co_await close_session();
  co_await serial_tasks_.join();
}

core::Task<> Actor::begin(std::shared_ptr<Job> job) {
  job->begun = true;
  turn_ = job->turn;
  co_await job->run(*this, job->deadline);
  turn_ = Turn::first;
  last_used_ = shared_.timers.now();
}

/// Between two commands of an operation: those whose turn comes before, then it goes on.
core::Task<> Actor::let_pass() {
  const Turn turn = turn_;
  while (!retired_) {
    auto job = next_job(static_cast<std::size_t>(turn));
    if (!job) break;
    co_await begin(std::move(job));
  }
  turn_ = turn;
}

core::Task<> Actor::keep_alive() {
  // An answer of any kind will do; when none comes, call() ends the session and with it the line.
  turn_ = Turn::last;
  (void)co_await call(get_device_id(), shared_.timers.now() + keep_alive_wait);
  turn_ = Turn::first;
  last_used_ = shared_.timers.now();
}

core::Task<core::Result<Answered>> Actor::call(Command command, core::BootTime deadline) {
  bool reopened = false;
  unsigned tries = 1;
  for (;;) {
    const auto session = co_await ensure_session(deadline);
    if (!session) co_return std::unexpected(session.error());
    co_await pause(std::min(next_command_, deadline));
    if (retired_) co_return std::unexpected(to_error(IpmiError::closed));
    if (shared_.timers.now() >= deadline) co_return std::unexpected(to_error(IpmiError::deadline));

    if (is_passed()) {
      co_await let_pass();
      continue;
    }

    if (command.repeat == Repeat::safe) yields_from_ = shared_.timers.now() + yield_after;
    auto event = co_await pump(session_->submit(command, shared_.timers.now()), deadline);
    yields_from_.reset();
    next_command_ = shared_.timers.now() + shared_.options.command_gap;
    if (auto* const answer = std::get_if<Answered>(&event)) {
      if (!is_busy(*answer, command.repeat) || tries >= max_busy_tries) co_return std::move(*answer);
      ++tries;
      co_await pause(std::min(shared_.timers.now() + busy_wait, deadline));
      continue;
    }
    const auto failed = std::get<Failed>(event);
    if (failed.error == IpmiError::put_aside) continue;
    if (session_->over()) end_session();
    // The BMC has forgotten the session (restarted, or it ended it): a question is asked once more in a new
    // one.
    const bool lost = failed.error == IpmiError::no_answer && command.repeat == Repeat::safe;
    if (!lost || reopened) co_return std::unexpected(to_error(failed.error, failed.detail));
    shared_.log.info("ipmi.session_lost", "the BMC no longer answers in its session; opening a new one",
                     {{"bmc", endpoint_.address}});
    reopened = true;
  }
}

core::Task<core::Result<>> Actor::ensure_session(core::BootTime deadline) {
  core::Duration wait = full_wait;
  while (!session_ || !session_->ready()) {
    if (rejected_ >= max_rejections) co_return std::unexpected(to_error(IpmiError::locked_out));
    if (shared_.timers.now() < quiet_until_) {
      if (quiet_until_ >= deadline) co_return std::unexpected(to_error(IpmiError::backing_off));
      co_await pause(quiet_until_);
    }
    if (retired_) co_return std::unexpected(to_error(IpmiError::closed));
    if (shared_.timers.now() >= deadline) co_return std::unexpected(to_error(IpmiError::deadline));

    begin_session();
    const auto event = co_await pump(session_->open(shared_.timers.now()), deadline);
    if (const auto* const opened = std::get_if<Opened>(&event)) {
      on_opened(opened->suite);
      break;
    }
    const auto failed = std::get<Failed>(event);
    const auto error = on_open_failed(failed);
    end_session();
    if (turn_to_other_password(failed)) continue;
    const auto again = shared_.timers.now() + wait;
    if (failed.error != IpmiError::no_free_session || again >= deadline) co_return std::unexpected(error);
    co_await pause(again);
    wait = std::min(wait * 2, longest_full_wait);
  }
  co_return core::Result<>{};
}

core::Task<SessionEvent> Actor::pump(Step step, core::BootTime deadline) {
  for (;;) {
    for (const auto& datagram : step.send) shared_.port.send(endpoint_, datagram);
    if (step.event) co_return std::move(*step.event);
    auto until = std::min(session_->deadline().value_or(deadline), deadline);
    if (yields_from_ && is_passed()) until = std::min(until, *yields_from_);
    const auto datagram = co_await inbox_.pop_until(until);
    const auto now = shared_.timers.now();
    if (retired_ && !closing_) {
      step = session_->abandon(IpmiError::closed);
    } else if (datagram && !datagram->empty()) {
      step = session_->on_datagram(*datagram, now);
    } else if (now >= deadline) {
      step = session_->abandon(session_->heard() ? IpmiError::deadline : IpmiError::no_answer);
    } else if (yields_from_ && is_passed() && now >= *yields_from_) {
      step = session_->abandon(IpmiError::put_aside);
    } else {
      step = session_->on_time(now);
    }
  }
}

/// Sleeps, unless retired; what arrives meanwhile answers nothing.
core::Task<> Actor::pause(core::BootTime until) {
  while (!retired_ && shared_.timers.now() < until) (void)co_await inbox_.pop_until(until);
}

core::Task<> Actor::close_session() {
  if (!session_) co_return;
  end_serial(retired_ ? IpmiError::closed : IpmiError::sol_ended);
  if (session_->ready()) {
    closing_ = true;
    const auto now = shared_.timers.now();
    (void)co_await pump(session_->close(now), now + close_wait);
    closing_ = false;
    shared_.log.debug("ipmi.session_closed", "session closed", {{"bmc", endpoint_.address}});
  }
  end_session();
}

std::vector<CipherSuite> Actor::suites_to_try() const {
  auto suites = shared_.options.suites;
  const auto known = shared_.suites.find(endpoint_key(endpoint_));
  if (known == shared_.suites.end()) return suites;
  const auto at = std::ranges::find(suites, known->second);
  if (at != suites.end()) std::rotate(suites.begin(), at, at + 1);
  return suites;
}

void Actor::begin_session() {
  end_session();
  std::uint32_t id = shared_.random.u32();
  while (id == 0 || shared_.by_console_session.contains(id)) id = shared_.random.u32();
  shared_.by_console_session.emplace(id, this);
  session_ = std::make_unique<Session>(SessionConfig{.console_session = id,
                                                     .suites = suites_to_try(),
                                                     .privilege = shared_.options.privilege,
                                                     .timing = {}},
                                       credentials_, shared_.random);
}

void Actor::end_session() {
  end_serial(IpmiError::sol_lost);
  if (!session_) return;
  shared_.by_console_session.erase(session_->console_session());
  session_.reset();
}

void Actor::on_opened(CipherSuite suite) {
  if (silent_ > 0) {
    shared_.log.info("ipmi.answers_again", "the BMC answers again", {{"bmc", endpoint_.address}});
  }
  silent_ = 0;
  rejected_ = 0;
  last_used_ = shared_.timers.now();
  shared_.suites.insert_or_assign(endpoint_key(endpoint_), suite);
  shared_.log.debug("ipmi.session_opened", "session opened",
                    {{"bmc", endpoint_.address}, {"cipher_suite", static_cast<unsigned>(suite)}});
}

core::Error Actor::on_open_failed(const Failed& failed) {
  core::Error error = to_error(failed.error, failed.detail);
  if (error.kind == core::ErrorKind::unauthorized) {
    ++rejected_;
    shared_.log.warn("ipmi.login_rejected", error.message,
                     {{"bmc", endpoint_.address}, {"code", error.code}, {"attempt", rejected_}});
  } else if (failed.error == IpmiError::no_answer) {
    ++silent_;
    core::Duration quiet = shared_.options.first_back_off;
    for (unsigned i = 1; i < silent_ && quiet < shared_.options.longest_back_off; ++i) quiet *= 2;
    quiet_until_ = shared_.timers.now() + std::min(quiet, shared_.options.longest_back_off);
    if (silent_ == 1) {
      shared_.log.warn("ipmi.silent", "the BMC does not answer; next attempts get rarer",
                       {{"bmc", endpoint_.address}, {"port", endpoint_.port}});
    }
  }
  return error;
}

/// While the password is being changed there are two. The one that worked stays in front.
bool Actor::turn_to_other_password(const Failed& failed) {
  if (failed.error != IpmiError::bad_password || credentials_.other.empty() || rejected_ >= max_rejections) {
    return false;
  }
  std::swap(credentials_.password, credentials_.other);
  return true;
}

}  // namespace colony::drivers::ipmi
