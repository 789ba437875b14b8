#pragma once
// `colony init`: checks what it was given, registers the agent, writes the configuration and starts the
// service, one reported step after the other. Safe to run again: what is right already is left alone, what
// the operator changed in other keys stays.

#include <functional>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/net/privileged.hpp"
#include "core/secret.hpp"
#include "daemon/init/atomic_file.hpp"
#include "daemon/init/hosted_registration.hpp"
#include "daemon/init/instance.hpp"

namespace colony::daemon {

/// As typed; run_init says what is wrong with it.
struct InitRequest {
  core::Secret api_key;
  std::string data_center_id;
  std::string interface;
  std::string address;
  std::optional<std::string> api_url, agent_id, ca_file;
  std::string config_dir = Instance().config_dir();
  bool start = true;
  Instance instance = {};
};

struct InitStep {
  enum class Outcome : std::uint8_t { done, unchanged, note };
  std::string name;  // "API key", "interface", "address", "agent", "configuration", "keys", "service"
  Outcome outcome = Outcome::done;
  std::string text;
  std::string next = {};  // what the operator has to do now: "systemctl enable --now colonyd"
};
using ReportStep = std::function<void(const InitStep&)>;

/// The machine's service side: the unit's user and the unit itself.
class ServiceControl {
 public:
  enum class Started : std::uint8_t { started, restarted, running, no_systemd, no_unit };
  virtual ~ServiceControl() = default;
  /// The user that the unit runs as; nullopt: there is none, so files stay ours.
  [[nodiscard]] virtual std::optional<FileOwner> service_user() = 0;
  /// Returns when the service says that it is ready. Errors: init.service (with the way to its log).
  [[nodiscard]] virtual core::Result<Started> start(bool changed) = 0;
};

/// Whether somebody else on the network has the address.
class AddressProbe {
 public:
  struct Answer {
    std::optional<core::MacAddress> other;  // who has it
    std::string not_asked;                  // "" or why nobody could be asked
  };
  virtual ~AddressProbe() = default;
  /// Errors: net.*, address.send.
  [[nodiscard]] virtual core::Result<Answer> ask(const core::InterfaceState& interface,
                                                 core::Ipv4Address address) = 0;
};

struct InitWorld {
  core::InterfaceAddresses& interfaces;
  AddressProbe& probe;
  HostedRegistration& hosted;
  ServiceControl& service;
};

/// Errors: key.*, init.flag, init.interface, init.config (an existing file with faults), init.write,
/// address.*, hosted.*, init.service.
[[nodiscard]] core::Result<> run_init(const InitRequest& request, InitWorld world, const ReportStep& report);

}  // namespace colony::daemon
