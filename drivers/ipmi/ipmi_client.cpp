#include "drivers/ipmi/ipmi_client.hpp"

#include <list>

#include "core/async/task_group.hpp"
#include "drivers/ipmi/actor.hpp"
#include "drivers/ipmi/records.hpp"
#include "drivers/ipmi/user_operations.hpp"

namespace colony::drivers::ipmi {

namespace {

using namespace std::chrono_literals;

/// What the caller holds; the actor lives on until its session is closed.
class IpmiBmc final : public Bmc,
                      public SerialConsole,
                      public BmcRecords,
                      public BmcUsers,
                      public BmcAuditor {
 public:
  IpmiBmc(core::Timers& timers, std::shared_ptr<Actor> actor, bool usable)
      : timers_(timers), actor_(std::move(actor)), usable_(usable) {}
  IpmiBmc(const IpmiBmc&) = delete;
  IpmiBmc& operator=(const IpmiBmc&) = delete;
  ~IpmiBmc() override { actor_->retire(); }

  core::Task<core::Result<BmcIdentity>> identity(core::BootTime deadline) override {
    return perform<BmcIdentity>(read_identity, deadline);
  }
  core::Task<core::Result<core::PowerState>> power_state(core::BootTime deadline) override {
    return perform<core::PowerState>(read_power, deadline);
  }
  core::Task<core::Result<>> power(PowerAction action, core::BootTime deadline) override {
    return perform<void>(
        [action](Link& link, core::BootTime until) { return act_on_power(link, action, until); }, deadline);
  }
  core::Task<core::Result<>> set_boot_device(const BootDeviceSetting& setting,
                                             core::BootTime deadline) override {
    return perform<void>(
        [setting](Link& link, core::BootTime until) { return write_boot_device(link, setting, until); },
        deadline);
  }
  core::Task<core::Result<BootDeviceSetting>> boot_device(core::BootTime deadline) override {
    return perform<BootDeviceSetting>(read_boot_device, deadline);
  }
  core::Task<core::Result<>> reset_controller(core::BootTime deadline) override {
    const auto reset = [](Actor& actor, Link& link, core::BootTime until) -> core::Task<core::Result<>> {
      auto done = co_await ipmi::reset_controller(link, until);
      if (done) actor.drop_session();
      co_return done;
    };
    return perform<void>([actor = actor_.get(), reset](
                             Link& link, core::BootTime until) { return reset(*actor, link, until); },
                         deadline);
  }
  BmcStanding standing() const override { return actor_->standing(); }
  SerialConsole* serial() override { return this; }
  core::Task<core::Result<std::unique_ptr<SerialLine>>> open_serial(Contention contention,
                                                                    core::BootTime deadline) override {
    using Line = std::unique_ptr<SerialLine>;
    // The line is made inside: a caller that is gone by then lets go of it, and so gives it back.
    Operation<Line> operation = [actor = actor_, contention](Link&, core::BootTime until) {
      return open_line(actor, contention, until);
    };
    return perform<Line>(std::move(operation), deadline, Turn::second);
  }

  BmcAuditor* auditor() override { return this; }
  core::Task<core::Result<BmcAudit>> audit(AskFactoryPasswords factory, std::uint32_t manufacturer_id,
                                           core::BootTime deadline) override {
    return perform<BmcAudit>(
        [actor = actor_.get(), factory, manufacturer_id](Link&, core::BootTime until) {
          return actor->audit(factory, manufacturer_id, until);
        },
        deadline);
  }

  BmcRecords* records() override { return this; }
  core::Task<core::Result<SelLog>> sel(core::BootTime deadline) override {
    return perform<SelLog>(read_sel, deadline, Turn::last);
  }
  core::Task<core::Result<SelNews>> sel_since(std::optional<SelMark> mark, core::BootTime deadline) override {
    Operation<SelNews> operation = [mark = std::move(mark)](Link& link, core::BootTime until) {
      return read_sel_since(link, mark, until);
    };
    return perform<SelNews>(std::move(operation), deadline, Turn::last);
  }
  core::Task<core::Result<>> clear_sel(core::BootTime deadline) override {
    return perform<void>(erase_sel, deadline, Turn::last);
  }
  core::Task<core::Result<SensorReadings>> sensors(SensorDetail detail, core::BootTime deadline) override {
    return perform<SensorReadings>(
        [detail](Link& link, core::BootTime until) { return read_sensors(link, detail, until); }, deadline,
        Turn::last);
  }
  core::Task<core::Result<FruFields>> fru(core::BootTime deadline) override {
    return perform<FruFields>(read_fru_fields, deadline, Turn::last);
  }
  core::Task<core::Result<LanConfig>> lan(core::BootTime deadline) override {
    return perform<LanConfig>(read_lan, deadline, Turn::last);
  }
  core::Task<core::Result<std::string>> restart_cause(core::BootTime deadline) override {
    return perform<std::string>(read_restart_cause, deadline, Turn::last);
  }

  BmcUsers* users() override { return this; }
  core::Task<core::Result<std::vector<BmcUser>>> users(core::BootTime deadline) override {
    return perform<std::vector<BmcUser>>(read_users, deadline);
  }
  core::Task<core::Result<>> set_name(UserId user, std::string name, core::BootTime deadline) override {
    return perform<void>(
        [user, name](Link& link, core::BootTime until) { return write_user_name(link, user, name, until); },
        deadline);
  }
  core::Task<core::Result<>> set_access(UserId user, UserAccess access, core::BootTime deadline) override {
    return perform<void>(
        [user, access](Link& link, core::BootTime until) {
          return write_user_access(link, user, access, until);
        },
        deadline);
  }
  core::Task<core::Result<>> set_enabled(UserId user, UserEnabled enabled, core::BootTime deadline) override {
    return perform<void>(
        [user, enabled](Link& link, core::BootTime until) {
          return write_user_enabled(link, user, enabled, until);
        },
        deadline);
  }
  core::Task<core::Result<>> set_password(UserId user, core::Secret password,
                                          core::BootTime deadline) override {
    const auto shared = std::make_shared<const core::Secret>(std::move(password));
    return perform<void>(
        [user, shared](Link& link, core::BootTime until) {
          return write_user_password(link, user, shared, until);
        },
        deadline);
  }
  core::Task<core::Result<PasswordVerdict>> test_password(UserId user, core::Secret password,
                                                          core::BootTime deadline) override {
    const auto shared = std::make_shared<const core::Secret>(std::move(password));
    return perform<PasswordVerdict>(
        [user, shared](Link& link, core::BootTime until) {
          return try_user_password(link, user, shared, until);
        },
        deadline);
  }

  core::Task<> close() override {
    // As an operation: after what is under way, and only if there is a session.
    const auto end = [](Actor& actor) -> core::Task<core::Result<>> {
      co_await actor.close_session();
      co_return core::Result<>{};
    };
    Operation<void> operation = [actor = actor_.get(), end](Link&, core::BootTime) { return end(*actor); };
    (void)co_await actor_->perform<void>(std::move(operation), timers_.now() + 1min);
  }

 private:
  static core::Task<core::Result<std::unique_ptr<SerialLine>>> open_line(std::shared_ptr<Actor> actor,
                                                                         Contention contention,
                                                                         core::BootTime deadline) {
    auto state = co_await actor->open_serial(contention, deadline);
    if (!state) co_return std::unexpected(std::move(state.error()));
    co_return std::make_unique<IpmiSerialLine>(std::move(actor), std::move(*state));
  }

  template <class T>
  core::Task<core::Result<T>> perform(Operation<T> operation, core::BootTime deadline,
                                      Turn turn = Turn::first) {
    if (!usable_) co_return std::unexpected(to_error(IpmiError::credentials));
    co_return co_await actor_->perform<T>(std::move(operation), deadline, turn);
  }

  core::Timers& timers_;
  std::shared_ptr<Actor> actor_;
  bool usable_;
};

}  // namespace

struct IpmiClient::Parts {
  Parts(core::Timers& timers, core::Random& random, const core::Log& log, DatagramPort& port,
        IpmiOptions options)
      : shared{timers, random, log, port, std::move(options), {}, {}, {}},
        receiver(timers),
        running(timers) {}

  Shared shared;
  std::list<std::shared_ptr<Actor>> actors;
  core::TaskGroup receiver;
  core::TaskGroup running;

  /// To the actor that the datagram names, if it came from that actor's BMC.
  void dispatch(InboundDatagram datagram) {
    const auto found = shared.by_console_session.find(console_session_of(datagram.bytes));
    if (found != shared.by_console_session.end()) {
      Actor& actor = *found->second;
      if (endpoint_key(actor.endpoint()) == endpoint_key(datagram.from)) {
        actor.on_datagram(std::move(datagram.bytes));
      }
      return;
    }
    // A refusal of Open Session without a session id: whoever talks to this BMC looks at its tag.
    for (const auto& actor : actors) {
      if (endpoint_key(actor->endpoint()) == endpoint_key(datagram.from)) actor->on_datagram(datagram.bytes);
    }
  }

  static core::Task<> receive(Parts& parts) {
    for (;;) parts.dispatch(co_await parts.shared.port.receive());
  }

  static core::Task<> run(Parts& parts, std::list<std::shared_ptr<Actor>>::iterator at) {
    const std::shared_ptr<Actor> actor = *at;
    co_await actor->run();
    parts.actors.erase(at);
  }
};

IpmiClient::IpmiClient(core::Timers& timers, core::Random& random, const core::Log& log, DatagramPort& port,
                       IpmiOptions options)
    : parts_(std::make_unique<Parts>(timers, random, log, port, std::move(options))) {
  parts_->receiver.spawn("ipmi.receive", Parts::receive(*parts_));
}

IpmiClient::~IpmiClient() = default;

std::unique_ptr<Bmc> IpmiClient::open(BmcEndpoint endpoint, BmcCredentials credentials,
                                      BmcPassport passport) {
  const bool usable = credentials.username.size() <= max_username &&
                      credentials.password.reveal().size() <= max_password &&
                      credentials.other.reveal().size() <= max_password;
  Parts& parts = *parts_;
  const auto at = parts.actors.insert(
      parts.actors.end(),
      std::make_shared<Actor>(parts.shared, endpoint, std::move(credentials), std::move(passport)));
  parts.running.spawn("ipmi.bmc", Parts::run(parts, at));
  return std::make_unique<IpmiBmc>(parts.shared.timers, *at, usable);
}

void IpmiClient::set_on_learnt(OnLearnt on_learnt) {
  parts_->shared.on_learnt = std::move(on_learnt);
}

std::optional<CipherSuite> IpmiClient::suite_of(BmcEndpoint endpoint) const {
  const auto found = parts_->shared.suites.find(endpoint_key(endpoint));
  if (found == parts_->shared.suites.end()) return std::nullopt;
  return found->second;
}

core::Task<> IpmiClient::close() {
  for (const auto& actor : parts_->actors) actor->retire();
  co_await parts_->running.join();
  parts_->receiver.cancel();
  co_await parts_->receiver.join();
}

}  // namespace colony::drivers::ipmi
