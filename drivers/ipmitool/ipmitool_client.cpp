#include "drivers/ipmitool/ipmitool_client.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/async/signal.hpp"
#include "core/on_exit.hpp"
#include "drivers/bmc_users.hpp"
#include "drivers/ipmi/breaker.hpp"
#include "drivers/ipmi/users.hpp"
#include "drivers/ipmitool/output.hpp"
#include "drivers/ipmitool/process_runner.hpp"

namespace colony::drivers::ipmitool {

namespace {

using ipmi::IpmiError;
using ipmi::Repeat;

constexpr unsigned max_rejections = 2;

/// So many may pass at once; the rest waits.
class Gate {
 public:
  Gate(core::Timers& timers, unsigned places) : free_(places), freed_(timers) {}
  /// False when the deadline passed first.
  [[nodiscard]] core::Task<bool> enter(core::BootTime deadline) {
    while (free_ == 0) {
      const bool woken = co_await freed_.wait_until(deadline);
      if (!woken && free_ == 0) co_return false;
    }
    --free_;
    co_return true;
  }
  void leave() {
    ++free_;
    freed_.notify();
  }

 private:
  unsigned free_;
  core::Signal freed_;
};

struct Leave {
  explicit Leave(Gate& entered) : gate(entered) {}
  Leave(const Leave&) = delete;
  Leave& operator=(const Leave&) = delete;
  ~Leave() { gate.leave(); }
  Gate& gate;
};

std::string boot_word(BootDevice device) {
  return device == BootDevice::bios_setup ? "bios" : std::string(name(device));
}

std::string power_word(PowerAction action) {
  return action == PowerAction::soft_off ? "soft" : std::string(name(action));
}

std::unexpected<core::Error> unreadable(std::string_view output) {
  return core::fail(core::ErrorKind::corrupt, "ipmitool.output",
                    fmt::format("ipmitool printed what we do not know: {}", core::printable(output)));
}

}  // namespace

struct IpmitoolClient::Shared {
  Shared(core::Timers& t, const core::Log& l, IpmitoolOptions o)
      : timers(t),
        log(l),
        options(std::move(o)),
        processes(t, options.max_processes),
        for_silent(t, std::min(options.max_for_silent, options.max_processes)) {}
  core::Timers& timers;
  const core::Log& log;
  IpmitoolOptions options;
  Gate processes;
  Gate for_silent;  // entered before `processes`
};

namespace {

using Words = std::vector<std::string>;

/// As `raw` takes it: "0x06", "0x47", ...
Words raw_words(const ipmi::Command& command) {
  Words words{fmt::format("{:#04x}", static_cast<unsigned>(command.net_fn)),
              fmt::format("{:#04x}", command.code)};
  for (const auto byte : command.data) words.push_back(fmt::format("{:#04x}", byte));
  return words;
}

/// The same as a script for `exec`, for commands that carry a password: it must not stand in argv, where
/// anybody reads it.
core::Secret script_of(ipmi::Command command) {
  std::string text = "raw";
  text.reserve(256);  // no copy is left behind by growing
  for (auto& word : raw_words(command)) {
    text += " " + word;
    core::wipe_text(word);
  }
  text += "\n";
  core::wipe_memory(command.data.data(), command.data.size());
  core::Secret script(text);
  core::wipe_text(text);
  return script;
}

Words get_boot_flags() {
  return {"0x00", "0x09", "0x05", "0x00", "0x00"};
}

template <class Shared>
class IpmitoolBmc final : public Bmc, public BmcUsers {
 public:
  IpmitoolBmc(Shared& shared, BmcEndpoint endpoint, BmcCredentials credentials, BmcPassport passport)
      : shared_(shared),
        endpoint_(endpoint),
        credentials_(std::move(credentials)),
        turn_(shared.timers, 1),
        passport_(std::move(passport)) {}

  core::Task<core::Result<BmcIdentity>> identity(core::BootTime deadline) override {
    const auto device_bytes = co_await raw({"0x06", "0x01"}, deadline);
    if (!device_bytes) co_return std::unexpected(device_bytes.error());
    const auto device = ipmi::parse_device_id(*device_bytes);
    if (!device) co_return std::unexpected(ipmi::to_error(device.error()));
    BmcIdentity identity;
    identity.device_id = device->device_id;
    identity.firmware_revision = device->firmware_revision();
    identity.manufacturer_id = device->manufacturer_id;
    identity.product_id = device->product_id;
    const auto guid_bytes = co_await raw({"0x06", "0x37"}, deadline);
    if (guid_bytes) {
      const auto guid = ipmi::parse_system_guid(*guid_bytes);
      if (guid && !guid->is_zero()) identity.system_guid = *guid;
    } else if (lost(guid_bytes.error())) {
      co_return std::unexpected(guid_bytes.error());
    }
    const auto printed = co_await ask({"fru", "print", "0"}, Repeat::safe, deadline);
    if (!printed && lost(printed.error())) co_return std::unexpected(printed.error());
    if (printed) {
      if (auto fru = parse_fru(*printed)) {
        identity.board_serial = std::move(fru->board_serial);
        identity.product_serial = std::move(fru->product_serial);
        identity.product_name = std::move(fru->product_name);
      }
    }
    co_return identity;
  }

  core::Task<core::Result<core::PowerState>> power_state(core::BootTime deadline) override {
    const auto printed = co_await ask({"chassis", "power", "status"}, Repeat::safe, deadline);
    if (!printed) co_return std::unexpected(printed.error());
    const auto state = parse_power_status(*printed);
    if (!state) co_return unreadable(*printed);
    co_return *state;
  }

  core::Task<core::Result<>> power(PowerAction action, core::BootTime deadline) override {
    const auto printed = co_await ask({"chassis", "power", power_word(action)}, Repeat::never, deadline);
    if (!printed) co_return std::unexpected(printed.error());
    co_return core::Result<>{};
  }

  core::Task<core::Result<>> set_boot_device(const BootDeviceSetting& wanted,
                                             core::BootTime deadline) override {
    const BootDeviceSetting setting = wanted;
    std::string options;
    if (setting.persistence == BootPersistence::persistent) options = "persistent";
    if (setting.firmware == BootFirmware::efi) options += options.empty() ? "efiboot" : ",efiboot";
    Words words{"chassis", "bootdev", boot_word(setting.device)};
    if (!options.empty()) words.push_back("options=" + options);
    const auto printed = co_await ask(std::move(words), Repeat::safe, deadline);
    if (!printed) co_return std::unexpected(printed.error());
    const auto seen = co_await raw(get_boot_flags(), deadline);
    if (!seen) co_return std::unexpected(seen.error());
    co_return ipmi::check_boot_flags_reply(*seen, setting);
  }

  core::Task<core::Result<BootDeviceSetting>> boot_device(core::BootTime deadline) override {
    const auto bytes = co_await raw(get_boot_flags(), deadline);
    if (!bytes) co_return std::unexpected(bytes.error());
    const auto setting = ipmi::parse_boot_flags_reply(*bytes);
    if (!setting) co_return std::unexpected(ipmi::to_error(setting.error()));
    co_return *setting;
  }

  BmcUsers* users() override { return this; }
  core::Task<core::Result<std::vector<BmcUser>>> users(core::BootTime deadline) override {
    const auto first = co_await access_of({1}, deadline);
    if (!first) co_return std::unexpected(first.error());
    std::vector<BmcUser> out;
    for (std::uint8_t id = 1; id <= first->max_users; ++id) {
      const auto bytes = co_await raw(raw_words(ipmi::get_user_name({id})), deadline);
      if (!bytes && lost(bytes.error())) co_return std::unexpected(bytes.error());
      if (!bytes) continue;  // as in drivers/ipmi: not set up
      auto name = ipmi::parse_user_name(*bytes);
      if (!name) co_return std::unexpected(ipmi::to_error(name.error()));
      if (name->empty()) continue;
      const auto access = co_await access_of({id}, deadline);
      if (!access) co_return std::unexpected(access.error());
      out.push_back({{id}, std::move(*name), access->enabled, access->access});
    }
    co_return out;
  }
  core::Task<core::Result<>> set_name(UserId user, std::string name, core::BootTime deadline) override {
    const auto command = ipmi::set_user_name(user, name);
    if (!command) co_return std::unexpected(ipmi::to_error(command.error()));
    co_return co_await tell(raw_words(*command), deadline);
  }
  core::Task<core::Result<>> set_access(UserId user, UserAccess access, core::BootTime deadline) override {
    return tell(raw_words(ipmi::set_user_access(user, access)), deadline);
  }
  core::Task<core::Result<>> set_enabled(UserId user, UserEnabled enabled, core::BootTime deadline) override {
    const auto act = enabled == UserEnabled::no ? ipmi::PasswordAct::disable : ipmi::PasswordAct::enable;
    const auto command = ipmi::set_user_password({.user = user, .act = act, .form = {}, .password = {}});
    if (!command) co_return std::unexpected(ipmi::to_error(command.error()));
    co_return co_await tell(raw_words(*command), deadline);
  }
  core::Task<core::Result<>> set_password(UserId user, core::Secret password,
                                          core::BootTime deadline) override {
    const auto script = password_script(user, ipmi::PasswordAct::set, std::move(password));
    if (!script) co_return std::unexpected(script.error());
    const auto done = co_await ask({}, Repeat::safe, deadline, {.script = &*script});
    if (!done) co_return std::unexpected(done.error());
    co_return core::Result<>{};
  }
  core::Task<core::Result<PasswordVerdict>> test_password(UserId user, core::Secret password,
                                                          core::BootTime deadline) override {
    const auto script = password_script(user, ipmi::PasswordAct::test, std::move(password));
    if (!script) co_return std::unexpected(script.error());
    std::optional<std::uint8_t> refusal;
    const auto done = co_await ask({}, Repeat::safe, deadline, {.script = &*script, .refusal = &refusal});
    if (done) co_return PasswordVerdict::right;
    const auto verdict = refusal ? ipmi::password_verdict(*refusal) : std::nullopt;
    if (!verdict) co_return std::unexpected(done.error());
    co_return *verdict;
  }

  core::Task<core::Result<>> reset_controller(core::BootTime deadline) override {
    const auto alive = co_await power_state(deadline);
    if (!alive) co_return std::unexpected(alive.error());
    const auto printed = co_await ask({"mc", "reset", "cold"}, Repeat::never, deadline);
    // Some restart before they answer. Every other error came before it was sent, or instead of it.
    if (!printed && !ipmi::is(printed.error(), IpmiError::outcome_unknown)) {
      co_return std::unexpected(printed.error());
    }
    co_return core::Result<>{};
  }

  BmcStanding standing() const override {
    return {passport_, ipmi::quiet_of(breaker_, shared_.timers.now(), shared_.timers.utc_now())};
  }

  /// ipmitool closes its session itself, each time.
  core::Task<> close() override { co_return; }

 private:
  /// Is it about the connection, and not about this one question?
  static bool lost(const core::Error& error) {
    return error.kind != core::ErrorKind::refused && error.kind != core::ErrorKind::unsupported;
  }

  static core::Result<core::Secret> password_script(UserId user, ipmi::PasswordAct act,
                                                    core::Secret password) {
    const auto form = ipmi::form_of(password);
    if (!form) return std::unexpected(ipmi::to_error(form.error()));
    auto command =
        ipmi::set_user_password({.user = user, .act = act, .form = *form, .password = std::move(password)});
    if (!command) return std::unexpected(ipmi::to_error(command.error()));
    return script_of(std::move(*command));
  }

  core::Task<core::Result<ipmi::UserAccessReply>> access_of(UserId user, core::BootTime deadline) {
    const auto bytes = co_await raw(raw_words(ipmi::get_user_access(user)), deadline);
    if (!bytes) co_return std::unexpected(bytes.error());
    const auto reply = ipmi::parse_user_access(*bytes);
    if (!reply) co_return std::unexpected(ipmi::to_error(reply.error()));
    co_return *reply;
  }

  core::Task<core::Result<>> tell(Words bytes, core::BootTime deadline) {
    const auto done = co_await raw(std::move(bytes), deadline);
    if (!done) co_return std::unexpected(done.error());
    co_return core::Result<>{};
  }

  core::Task<core::Result<core::Bytes>> raw(Words bytes, core::BootTime deadline) {
    bytes.insert(bytes.begin(), "raw");
    const auto printed = co_await ask(std::move(bytes), Repeat::safe, deadline);
    if (!printed) co_return std::unexpected(printed.error());
    auto parsed = parse_raw(*printed);
    if (!parsed) co_return unreadable(*printed);
    co_return std::move(*parsed);
  }

  struct Extra {
    const core::Secret* script = nullptr;  // instead of words; what ipmitool prints is not looked at then
    std::optional<std::uint8_t>* refusal = nullptr;  // the completion code, where the BMC said no
  };
  /// Standard output of one command, with the first suite that the BMC takes.
  core::Task<core::Result<std::string>> ask(Words words, Repeat repeat, core::BootTime deadline,
                                            Extra extra = {}) {
    if (extra.script != nullptr) words = {"exec", "/proc/self/fd/0"};
    if (credentials_.username.size() > ipmi::max_username ||
        credentials_.password.reveal().size() > ipmi::max_password ||
        credentials_.other.reveal().size() > ipmi::max_password) {
      co_return std::unexpected(ipmi::to_error(IpmiError::credentials));
    }
    if (!co_await turn_.enter(deadline)) co_return std::unexpected(ipmi::to_error(IpmiError::deadline));
    const Leave leave_turn(turn_);
    if (auto admitted = co_await admission(deadline); !admitted) co_return std::unexpected(admitted.error());
    const core::OnExit unfinished([this] { breaker_.on_unfinished(); });
    if (breaker_.failures() == 0) co_return co_await ask_now(std::move(words), repeat, deadline, extra);
    // The living do not wait for the dead: those have few of the places.
    if (!co_await shared_.for_silent.enter(deadline)) {
      co_return std::unexpected(ipmi::to_error(IpmiError::deadline));
    }
    const Leave leave_silent(shared_.for_silent);
    co_return co_await ask_now(std::move(words), repeat, deadline, extra);
  }

  /// Back-off: waits. Breaker open: says until when, and why.
  core::Task<core::Result<>> admission(core::BootTime deadline) {
    const auto admitted = breaker_.admit(shared_.timers.now());
    if (admitted == ipmi::Breaker::Admission::go) co_return core::Result<>{};
    if (admitted == ipmi::Breaker::Admission::refuse) {
      core::Error error = ipmi::to_error(IpmiError::breaker_open);
      if (const auto quiet = standing().quiet) error.message = describe(*quiet);
      co_return std::unexpected(std::move(error));
    }
    if (breaker_.until() >= deadline) co_return std::unexpected(ipmi::to_error(IpmiError::backing_off));
    co_await shared_.timers.sleep_until(breaker_.until());
    co_return core::Result<>{};
  }

  core::Task<core::Result<std::string>> ask_now(Words words, Repeat repeat, core::BootTime deadline,
                                                Extra extra) {
    for (;;) {
      if (rejected_ >= max_rejections) co_return std::unexpected(ipmi::to_error(IpmiError::locked_out));
      if (!co_await shared_.processes.enter(deadline)) {
        co_return std::unexpected(ipmi::to_error(IpmiError::deadline));
      }
      const Leave leave_processes(shared_.processes);
      auto result = co_await run_process(shared_.timers, order(words, repeat, extra.script), deadline);
      if (!result) {
        const bool killed = result.error().kind == core::ErrorKind::timed_out;
        if (killed) breaker_.on_silence(shared_.timers.now(), IpmiError::deadline);
        if (killed && repeat == Repeat::never)
          co_return std::unexpected(ipmi::to_error(IpmiError::outcome_unknown));
        co_return std::unexpected(std::move(result.error()));
      }
      std::string told = result->diagnostics + result->output;
      Failure failure;
      if (result->exit_code != 0) failure = parse_failure(told);
      if (extra.script != nullptr) {
        // With -v it prints the bytes that it sent, a password among them.
        for (std::string* text : {&told, &result->diagnostics, &result->output}) core::wipe_text(*text);
      }
      if (result->exit_code == 0) {
        rejected_ = 0;
        breaker_.on_answer();
        passport_.suites = {static_cast<std::uint8_t>(shared_.options.suites[suite_])};
        co_return extra.script != nullptr ? std::string() : std::move(result->output);
      }
      const bool next_suite =
          failure.error == IpmiError::no_cipher_suite && suite_ + 1 < shared_.options.suites.size();
      if (next_suite) {
        ++suite_;
        continue;
      }
      if (extra.refusal != nullptr) *extra.refusal = failure.detail;
      core::Error error = judge(failure, repeat);
      if (turn_to_other_password(failure)) continue;
      co_return std::unexpected(std::move(error));
    }
  }

  /// As in drivers/ipmi: while the password is being changed there are two.
  bool turn_to_other_password(const Failure& failure) {
    if (failure.error != IpmiError::bad_password || failure.session != SessionOutcome::refused ||
        credentials_.other.empty() || rejected_ >= max_rejections) {
      return false;
    }
    std::swap(credentials_.password, credentials_.other);
    return true;
  }

  core::Error judge(Failure failure, Repeat repeat) {
    const bool perhaps_done = failure.error == IpmiError::no_answer && repeat == Repeat::never &&
                              failure.session == SessionOutcome::established;
    if (perhaps_done) failure.error = IpmiError::outcome_unknown;
    core::Error error = ipmi::to_error(failure.error, failure.detail);
    if (failure.error == IpmiError::no_answer || failure.error == IpmiError::outcome_unknown) {
      breaker_.on_silence(shared_.timers.now(), failure.error);
    } else {
      breaker_.on_answer();
    }
    if (error.kind == core::ErrorKind::unauthorized && failure.session == SessionOutcome::refused) {
      ++rejected_;
      shared_.log.warn("ipmitool.login_rejected", error.message,
                       {{"bmc", endpoint_.address}, {"code", error.code}, {"attempt", rejected_}});
    }
    return error;
  }

  ProcessOrder order(const Words& words, Repeat repeat, const core::Secret* input) const {
    const auto suite = static_cast<unsigned>(shared_.options.suites[suite_]);
    // -R 1: ipmitool sends each datagram once; it repeats acts otherwise, and some BMCs then act twice.
    const bool once = repeat == Repeat::never;
    ProcessOrder order{
        .program = shared_.options.program,
        .arguments = {"-I", "lanplus", "-H", endpoint_.address.to_string(), "-p",
                      std::to_string(endpoint_.port), "-U", credentials_.username, "-E", "-C",
                      std::to_string(suite), "-N", once ? "5" : "1", "-R", once ? "1" : "4", "-v"},
        .secret_variable = "IPMI_PASSWORD",
        .secret = &credentials_.password,
        .input = input};
    order.arguments.insert(order.arguments.end(), words.begin(), words.end());
    return order;
  }

  Shared& shared_;
  BmcEndpoint endpoint_;
  BmcCredentials credentials_;
  Gate turn_;
  ipmi::Breaker breaker_;
  BmcPassport passport_;
  std::size_t suite_ = 0;
  unsigned rejected_ = 0;
};

}  // namespace

IpmitoolClient::IpmitoolClient(core::Timers& timers, const core::Log& log, IpmitoolOptions options)
    : shared_(std::make_unique<Shared>(timers, log, std::move(options))) {}

IpmitoolClient::~IpmitoolClient() = default;

std::unique_ptr<Bmc> IpmitoolClient::open(BmcEndpoint endpoint, BmcCredentials credentials,
                                          BmcPassport passport) {
  return std::make_unique<IpmitoolBmc<Shared>>(*shared_, endpoint, std::move(credentials),
                                               std::move(passport));
}

}  // namespace colony::drivers::ipmitool
