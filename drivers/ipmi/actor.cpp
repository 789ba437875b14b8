#include "drivers/ipmi/actor.hpp"

#include <algorithm>
#include <ranges>

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
/// A BMC with one session has none for anybody else while we keep ours.
constexpr core::Duration idle_close_of_the_only_session = 5s;
/// Who gave it less time than this has not seen a BMC that does not answer.
constexpr core::Duration shortest_silence = 1s;
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

Actor::Actor(Shared& shared, BmcEndpoint endpoint, BmcCredentials credentials, BmcPassport passport)
    : shared_(shared),
      endpoint_(endpoint),
      credentials_(std::move(credentials)),
      work_(shared.timers),
      inbox_(shared.timers, max_inbox),
      serial_tasks_(shared.timers),
      breaker_({.failures_to_open = shared.options.failures_to_open,
                .first_pause = shared.options.first_back_off,
                .longest_pause = shared.options.longest_back_off}),
      pace_(shared.options.command_gap, passport.gap),
      passport_(std::move(passport)) {}

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
    const auto idle = passport_.sessions == 1
                          ? std::min(shared_.options.idle_close, idle_close_of_the_only_session)
                          : shared_.options.idle_close;
    const auto rest = serial_ ? keep_alive_interval : idle;
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
  const core::OnExit unfinished([this] { breaker_.on_unfinished(); });
  unsigned tries = 1;
  for (;;) {
    if (auto admitted = co_await admission(deadline); !admitted) co_return std::unexpected(admitted.error());
    const auto session = co_await ensure_session(deadline);
    if (!session) co_return std::unexpected(session.error());
    co_await pause(std::min(next_command_, deadline));
    if (retired_) co_return std::unexpected(to_error(IpmiError::closed));
    if (shared_.timers.now() >= deadline) co_return std::unexpected(to_error(IpmiError::deadline));

    if (is_passed()) {
      breaker_.on_unfinished();  // what passes is the probe, if one is due
      co_await let_pass();
      continue;
    }

    const auto sent = shared_.timers.now();
    if (command.repeat == Repeat::safe) yields_from_ = sent + yield_after;
    auto event = co_await pump(session_->submit(command, sent), deadline);
    yields_from_.reset();
    next_command_ = shared_.timers.now() + pace_.gap();
    if (auto* const answer = std::get_if<Answered>(&event)) {
      on_answer();
      if (!is_busy(*answer, command.repeat) || tries >= max_busy_tries) co_return std::move(*answer);
      ++tries;
      co_await pause(std::min(shared_.timers.now() + busy_wait, deadline));
      continue;
    }
    const auto failed = std::get<Failed>(event);
    if (failed.error == IpmiError::put_aside) {
      breaker_.on_unfinished();
      continue;
    }
    if (session_->over()) end_session();
    const bool was_silent = failed.error == IpmiError::no_answer ||
                            failed.error == IpmiError::outcome_unknown || failed.error == IpmiError::deadline;
    if (was_silent && shared_.timers.now() - sent >= shortest_silence) on_silence(failed.error);
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
    if (retired_) co_return std::unexpected(to_error(IpmiError::closed));
    if (shared_.timers.now() >= deadline) co_return std::unexpected(to_error(IpmiError::deadline));

    begin_session();
    const auto begun = shared_.timers.now();
    const auto event = co_await pump(session_->open(begun), deadline);
    if (const auto* const opened = std::get_if<Opened>(&event)) {
      on_opened(opened->suite);
      break;
    }
    const auto failed = std::get<Failed>(event);
    const auto error = on_open_failed(failed, shared_.timers.now() - begun);
    end_session();
    if (turn_to_other_password(failed)) continue;
    const auto again = shared_.timers.now() + wait;
    // Busy: it is starting, perhaps because we have reset it.
    const bool later = failed.error == IpmiError::no_free_session || failed.error == IpmiError::busy;
    if (!later || again >= deadline) co_return std::unexpected(error);
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
  // Behind one another at the front: what worked, the last one first; never one that is not allowed any more.
  for (const auto number : std::views::reverse(passport_.suites)) {
    const auto at = std::ranges::find(suites, number, [](CipherSuite s) { return static_cast<unsigned>(s); });
    if (at != suites.end()) std::rotate(suites.begin(), at, at + 1);
  }
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
                                                     .timing = {},
                                                     .handshake = handshake_},
                                       credentials_, shared_.random);
}

void Actor::end_session() {
  end_serial(IpmiError::sol_lost);
  if (!session_) return;
  if (session_->restarted()) handshake_ = Handshake::patient;
  shared_.by_console_session.erase(session_->console_session());
  session_.reset();
}

void Actor::on_opened(CipherSuite suite) {
  rejected_ = 0;
  last_used_ = shared_.timers.now();
  shared_.suites.insert_or_assign(endpoint_key(endpoint_), suite);
  learn([this, number = static_cast<std::uint8_t>(suite)](BmcPassport& passport) {
    std::erase(passport.suites, number);
    passport.suites.insert(passport.suites.begin(), number);
    const std::size_t length = credentials_.password.reveal().size();
    // Beyond IPMI 1.5's 16 bytes it is worth knowing.
    if (length > 16) passport.password_bytes = static_cast<std::uint8_t>(length);
  });
  shared_.log.debug("ipmi.session_opened", "session opened",
                    {{"bmc", endpoint_.address}, {"cipher_suite", static_cast<unsigned>(suite)}});
}

core::Error Actor::on_open_failed(const Failed& failed, core::Duration waited) {
  core::Error error = to_error(failed.error, failed.detail);
  const bool silent = failed.error == IpmiError::no_answer || failed.error == IpmiError::deadline;
  if (error.kind == core::ErrorKind::unauthorized) {
    // What anybody may have said locks nobody out.
    if (failed.named == Named::yes) ++rejected_;
    shared_.log.warn("ipmi.login_rejected", error.message,
                     {{"bmc", endpoint_.address}, {"code", error.code}, {"attempt", rejected_}});
  }
  if (failed.error == IpmiError::no_free_session) {
    learn([](BmcPassport& passport) { passport.was_full = true; });
  }
  if (failed.error == IpmiError::closed) return error;
  if (!silent) {
    breaker_.on_answer();
  } else if (waited >= shortest_silence) {
    on_silence(failed.error);
  }
  return error;
}

/// While the password is being changed there are two. The one that worked stays in front.
bool Actor::turn_to_other_password(const Failed& failed) {
  if (failed.error != IpmiError::bad_password || failed.named == Named::no || credentials_.other.empty() ||
      rejected_ >= max_rejections) {
    return false;
  }
  std::swap(credentials_.password, credentials_.other);
  return true;
}

// --- what it teaches ---

/// Back-off: waits. Breaker open: says until when, and why.
core::Task<core::Result<>> Actor::admission(core::BootTime deadline) {
  for (;;) {
    switch (breaker_.admit(shared_.timers.now())) {
      case Breaker::Admission::go: co_return core::Result<>{};
      case Breaker::Admission::refuse: co_return std::unexpected(breaker_error());
      case Breaker::Admission::wait: break;
    }
    if (breaker_.until() >= deadline) co_return std::unexpected(to_error(IpmiError::backing_off));
    co_await pause(breaker_.until());
    if (retired_) co_return std::unexpected(to_error(IpmiError::closed));
  }
}

core::Error Actor::breaker_error() const {
  core::Error error = to_error(IpmiError::breaker_open);
  if (const auto quiet = standing().quiet) error.message = describe(*quiet);
  return error;
}

BmcStanding Actor::standing() const {
  return {passport_, quiet_of(breaker_, shared_.timers.now(), shared_.timers.utc_now())};
}

void Actor::learn(const std::function<void(BmcPassport&)>& what) {
  const BmcPassport before = passport_;
  what(passport_);
  if (passport_ != before && shared_.on_learnt) shared_.on_learnt(endpoint_, passport_);
}

void Actor::on_answer() {
  if (breaker_.failures() > 0) {
    shared_.log.info("ipmi.answers_again", "the BMC answers again", {{"bmc", endpoint_.address}});
  }
  breaker_.on_answer();
  const auto slower = pace_.on_answer(shared_.timers.now());
  if (!slower) return;
  learn([gap = *slower](BmcPassport& passport) { passport.gap = gap; });
  shared_.log.info("ipmi.slower",
                   "the BMC froze under commands close together; it gets more time between them",
                   {{"bmc", endpoint_.address}, {"gap", core::format_duration(*slower)}});
}

void Actor::on_silence(IpmiError how) {
  const auto now = shared_.timers.now();
  pace_.on_silence();
  breaker_.on_silence(now, how);
  if (breaker_.failures() == 1) {
    shared_.log.warn("ipmi.silent", "the BMC does not answer; next attempts get rarer",
                     {{"bmc", endpoint_.address}, {"port", endpoint_.port}});
  } else if (breaker_.just_opened()) {
    shared_.log.warn("ipmi.breaker_open", breaker_error().message,
                     {{"bmc", endpoint_.address}, {"port", endpoint_.port}});
  }
}

}  // namespace colony::drivers::ipmi
