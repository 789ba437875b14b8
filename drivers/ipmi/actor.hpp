#pragma once
// One BMC: operations one after the other over one session that is opened when needed, kept between them, and
// closed when idle. Callers only wait for results, so a caller that is cancelled never leaves a session in
// the middle of an exchange.
//
// Power comes first: an operation of a later turn is passed by those of earlier ones between two of its
// commands, and a command of its own that stays unanswered is put aside for that.

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "core/async/mailbox.hpp"
#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "core/on_exit.hpp"
#include "drivers/bmc_audit.hpp"
#include "drivers/ipmi/breaker.hpp"
#include "drivers/ipmi/ipmi_client.hpp"
#include "drivers/ipmi/operations.hpp"
#include "drivers/ipmi/pace.hpp"
#include "drivers/ipmi/serial.hpp"

namespace colony::drivers::ipmi {

class Actor;

/// What all actors of a client share.
struct Shared {
  core::Timers& timers;
  core::Random& random;
  const core::Log& log;
  DatagramPort& port;
  IpmiOptions options;
  std::unordered_map<std::uint32_t, Actor*> by_console_session;
  std::unordered_map<std::uint64_t, CipherSuite> suites;  // by endpoint_key
  IpmiClient::OnLearnt on_learnt;
};

[[nodiscard]] inline std::uint64_t endpoint_key(const BmcEndpoint& endpoint) {
  return static_cast<std::uint64_t>(endpoint.address.value()) << 16 | endpoint.port;
}

template <class T>
using Operation = std::function<core::Task<core::Result<T>>(Link&, core::BootTime)>;

/// first: power, boot device, identity. second: the console, whose lines are gone when nobody listens. last:
/// logs and sensors, which take many commands.
enum class Turn : std::uint8_t { first, second, last };

class Actor final : public Link {
 public:
  Actor(Shared& shared, BmcEndpoint endpoint, BmcCredentials credentials, BmcPassport passport);
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  ~Actor() override;

  [[nodiscard]] const BmcEndpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] BmcStanding standing() const;

  /// Does what is asked until retired; then closes the session and ends.
  [[nodiscard]] core::Task<> run();
  void retire();
  void on_datagram(core::Bytes datagram);

  /// Waits for its turn and for the result, until `deadline` at the latest.
  template <class T>
  [[nodiscard]] core::Task<core::Result<T>> perform(Operation<T> operation, core::BootTime deadline,
                                                    Turn turn = Turn::first) {
    struct Slot {
      explicit Slot(core::Timers& timers) : finished(timers) {}
      std::optional<core::Result<T>> result;
      core::Wakeup finished;
    };
    auto slot = std::make_shared<Slot>(shared_.timers);
    auto job = std::make_shared<Job>();
    job->deadline = deadline;
    job->turn = turn;
    job->refuse = [slot](core::Error error) {
      slot->result.emplace(std::unexpected(std::move(error)));
      slot->finished.wake();
    };
    job->run = [slot, operation](Link& link, core::BootTime until) {
      return fill(slot, operation, link, until);
    };
    if (!enqueue(job)) co_return std::unexpected(refusal());
    // Whoever is cancelled while waiting takes the job along, if it has not begun.
    const core::OnExit withdraw([job] { job->withdrawn = true; });
    const bool in_time = co_await slot->finished.wait_until(deadline);
    if (!in_time && !job->begun) co_return std::unexpected(to_error(IpmiError::deadline));
    // What has begun ends by the deadline itself.
    for (;;) {
      auto& result = slot->result;
      if (result) co_return std::move(*result);
      co_await slot->finished.wait();
    }
  }

  /// Ends the session, if there is one.
  [[nodiscard]] core::Task<> close_session();
  /// The BMC has forgotten it: nothing is sent.
  void drop_session() { end_session(); }

  /// How it lets people in (actor_audit.cpp); an operation, as close_session is.
  [[nodiscard]] core::Task<core::Result<BmcAudit>> audit(AskFactoryPasswords factory,
                                                         std::uint32_t manufacturer_id,
                                                         core::BootTime deadline);

  // The serial line (actor_serial.cpp). open_serial is an operation, as close_session is.
  [[nodiscard]] core::Task<core::Result<std::shared_ptr<SerialState>>> open_serial(Contention contention,
                                                                                   core::BootTime deadline);
  [[nodiscard]] bool type(SerialState& state, core::ByteView bytes);
  void send_break(SerialState& state);
  [[nodiscard]] core::Task<> give_back(std::shared_ptr<SerialState> state);
  /// False: not taken; the session ends, and the line with it.
  [[nodiscard]] bool give_back_later(const std::shared_ptr<SerialState>& state);

 private:
  struct Job {
    core::BootTime deadline;
    Turn turn = Turn::first;
    std::function<core::Task<>(Link&, core::BootTime)> run;
    std::function<void(core::Error)> refuse;
    bool begun = false;
    bool withdrawn = false;
  };

  template <class Slot, class T = typename decltype(Slot::result)::value_type::value_type>
  static core::Task<> fill(std::shared_ptr<Slot> slot, Operation<T> operation, Link& link,
                           core::BootTime deadline) {
    slot->result.emplace(co_await operation(link, deadline));
    slot->finished.wake();
  }

  [[nodiscard]] core::Task<core::Result<Answered>> call(Command command, core::BootTime deadline) override;
  [[nodiscard]] std::uint32_t session() const override { return session_ ? session_->bmc_session() : 0; }
  void learn(const std::function<void(BmcPassport&)>& what) override;
  [[nodiscard]] core::Task<core::Result<>> admission(core::BootTime deadline);
  [[nodiscard]] core::Error breaker_error() const;
  void on_answer();
  void on_silence(IpmiError how);
  [[nodiscard]] core::Task<core::Result<>> ensure_session(core::BootTime deadline);
  [[nodiscard]] core::Task<SessionEvent> pump(Step step, core::BootTime deadline);
  [[nodiscard]] core::Task<> pause(core::BootTime until);
  [[nodiscard]] bool enqueue(std::shared_ptr<Job> job);
  /// Of a turn before this one.
  [[nodiscard]] std::shared_ptr<Job> next_job(std::size_t before = 3);
  [[nodiscard]] core::Task<> begin(std::shared_ptr<Job> job);
  /// Does anybody wait whose turn comes before that of the operation under way?
  [[nodiscard]] bool is_passed() const;
  [[nodiscard]] core::Task<> let_pass();
  [[nodiscard]] core::Error refusal() const;
  [[nodiscard]] std::vector<CipherSuite> suites_to_try() const;
  void begin_session();
  void end_session();
  void on_opened(CipherSuite suite);
  [[nodiscard]] core::Error on_open_failed(const Failed& failed, core::Duration waited);
  [[nodiscard]] bool turn_to_other_password(const Failed& failed);

  [[nodiscard]] core::Task<> keep_alive();
  [[nodiscard]] core::Task<> drive_serial(std::shared_ptr<SerialState> state);
  [[nodiscard]] core::Task<core::Result<>> deactivate_serial(std::shared_ptr<SerialState> state,
                                                             core::BootTime deadline);
  [[nodiscard]] static core::Task<> forget(core::Task<core::Result<>> task);
  void on_serial_datagram(core::ByteView datagram);
  void on_serial_step(SerialState& state, SolStep step);
  void end_serial(IpmiError why);

  Shared& shared_;
  BmcEndpoint endpoint_;
  BmcCredentials credentials_;
  core::Wakeup work_;
  std::array<std::deque<std::shared_ptr<Job>>, 3> waiting_;  // by their turn
  Turn turn_ = Turn::first;                                  // of the operation under way
  std::optional<core::BootTime> yields_from_;                // its command may be put aside
  core::Mailbox<core::Bytes> inbox_;                         // an empty one: look again
  std::unique_ptr<Session> session_;
  std::shared_ptr<SerialState> serial_;  // while the line is open, in session_
  core::TaskGroup serial_tasks_;
  bool retired_ = false;
  bool closing_ = false;
  core::BootTime next_command_{};  // not before
  core::BootTime last_used_{};
  Breaker breaker_;
  Pace pace_;
  BmcPassport passport_;
  Handshake handshake_ = Handshake::brisk;
  unsigned rejected_ = 0;  // logins in a row
};

}  // namespace colony::drivers::ipmi
