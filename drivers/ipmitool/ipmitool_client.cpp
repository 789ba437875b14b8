#include "drivers/ipmitool/ipmitool_client.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/async/signal.hpp"
#include "drivers/ipmi/commands.hpp"
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
      : timers(t), log(l), options(std::move(o)), processes(t, options.max_processes) {}
  core::Timers& timers;
  const core::Log& log;
  IpmitoolOptions options;
  Gate processes;
};

namespace {

using Words = std::vector<std::string>;

Words get_boot_flags() {
  return {"0x00", "0x09", "0x05", "0x00", "0x00"};
}

template <class Shared>
class IpmitoolBmc final : public Bmc {
 public:
  IpmitoolBmc(Shared& shared, BmcEndpoint endpoint, BmcCredentials credentials)
      : shared_(shared), endpoint_(endpoint), credentials_(std::move(credentials)), turn_(shared.timers, 1) {}

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

  /// ipmitool closes its session itself, each time.
  core::Task<> close() override { co_return; }

 private:
  /// Is it about the connection, and not about this one question?
  static bool lost(const core::Error& error) {
    return error.kind != core::ErrorKind::refused && error.kind != core::ErrorKind::unsupported;
  }

  core::Task<core::Result<core::Bytes>> raw(Words bytes, core::BootTime deadline) {
    bytes.insert(bytes.begin(), "raw");
    const auto printed = co_await ask(std::move(bytes), Repeat::safe, deadline);
    if (!printed) co_return std::unexpected(printed.error());
    auto parsed = parse_raw(*printed);
    if (!parsed) co_return unreadable(*printed);
    co_return std::move(*parsed);
  }

  /// Standard output of one command, with the first suite that the BMC takes.
  core::Task<core::Result<std::string>> ask(Words words, Repeat repeat, core::BootTime deadline) {
    if (credentials_.username.size() > ipmi::max_username ||
        credentials_.password.reveal().size() > ipmi::max_password) {
      co_return std::unexpected(ipmi::to_error(IpmiError::credentials));
    }
    if (!co_await turn_.enter(deadline)) co_return std::unexpected(ipmi::to_error(IpmiError::deadline));
    const Leave leave_turn(turn_);
    for (;;) {
      if (rejected_ >= max_rejections) co_return std::unexpected(ipmi::to_error(IpmiError::locked_out));
      if (!co_await shared_.processes.enter(deadline)) {
        co_return std::unexpected(ipmi::to_error(IpmiError::deadline));
      }
      const Leave leave_processes(shared_.processes);
      auto result = co_await run_process(shared_.timers, order(words, repeat), deadline);
      if (!result) {
        const bool killed = result.error().kind == core::ErrorKind::timed_out;
        if (killed && repeat == Repeat::never)
          co_return std::unexpected(ipmi::to_error(IpmiError::outcome_unknown));
        co_return std::unexpected(std::move(result.error()));
      }
      if (result->exit_code == 0) {
        rejected_ = 0;
        co_return std::move(result->output);
      }
      Failure failure = parse_failure(result->diagnostics + result->output);
      const bool next_suite =
          failure.error == IpmiError::no_cipher_suite && suite_ + 1 < shared_.options.suites.size();
      if (next_suite) {
        ++suite_;
        continue;
      }
      co_return std::unexpected(judge(failure, repeat));
    }
  }

  core::Error judge(Failure failure, Repeat repeat) {
    const bool perhaps_done = failure.error == IpmiError::no_answer && repeat == Repeat::never &&
                              failure.session == SessionOutcome::established;
    if (perhaps_done) failure.error = IpmiError::outcome_unknown;
    core::Error error = ipmi::to_error(failure.error, failure.detail);
    if (error.kind == core::ErrorKind::unauthorized && failure.session == SessionOutcome::refused) {
      ++rejected_;
      shared_.log.warn("ipmitool.login_rejected", error.message,
                       {{"bmc", endpoint_.address}, {"code", error.code}, {"attempt", rejected_}});
    }
    return error;
  }

  ProcessOrder order(const Words& words, Repeat repeat) const {
    const auto suite = static_cast<unsigned>(shared_.options.suites[suite_]);
    // -R 1: ipmitool sends each datagram once; it repeats acts otherwise, and some BMCs then act twice.
    const bool once = repeat == Repeat::never;
    ProcessOrder order{
        .program = shared_.options.program,
        .arguments = {"-I", "lanplus", "-H", endpoint_.address.to_string(), "-p",
                      std::to_string(endpoint_.port), "-U", credentials_.username, "-E", "-C",
                      std::to_string(suite), "-N", once ? "5" : "1", "-R", once ? "1" : "4", "-v"},
        .secret_variable = "IPMI_PASSWORD",
        .secret = &credentials_.password};
    order.arguments.insert(order.arguments.end(), words.begin(), words.end());
    return order;
  }

  Shared& shared_;
  BmcEndpoint endpoint_;
  BmcCredentials credentials_;
  Gate turn_;
  std::size_t suite_ = 0;
  unsigned rejected_ = 0;
};

}  // namespace

IpmitoolClient::IpmitoolClient(core::Timers& timers, const core::Log& log, IpmitoolOptions options)
    : shared_(std::make_unique<Shared>(timers, log, std::move(options))) {}

IpmitoolClient::~IpmitoolClient() = default;

std::unique_ptr<Bmc> IpmitoolClient::open(BmcEndpoint endpoint, BmcCredentials credentials) {
  return std::make_unique<IpmitoolBmc<Shared>>(*shared_, endpoint, std::move(credentials));
}

}  // namespace colony::drivers::ipmitool
