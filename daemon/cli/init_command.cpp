#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/net/privileged.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/hosted_key.hpp"
#include "daemon/cli/report.hpp"
#include "daemon/cli/serving.hpp"
#include "daemon/init/address_probe.hpp"
#include "daemon/init/init.hpp"
#include "daemon/init/system_service.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

std::string_view outcome_word(InitStep::Outcome outcome) {
  switch (outcome) {
    case InitStep::Outcome::done: return "done";
    case InitStep::Outcome::unchanged: return "unchanged";
    case InitStep::Outcome::note: return "note";
  }
  return "done";
}

class InitCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "init", "Register this appliance, write its configuration, start it; safe to run again",
        "  export COLONY_API_KEY=...        from the web console; sudo -E keeps it; or --api-key-file FILE\n"
        "  colony init --data-center-id aa872c72-cbe1-498b-9b83-37a19e578d34 \\\n"
        "    --load-balancer-interface vlan1001 --load-balancer-ip 10.1.1.5/24\n"
        "The address must be free on that network, which is asked; the interface must be up."};
  }
  void declare(Arguments& arguments) override {
    arguments.option("--api-key", "KEY", key_.flag, "Of this datacenter; safer: COLONY_API_KEY");
    key_.declare_file(arguments);
    arguments.option("--data-center-id", "ID", data_center_id_, "As the web console shows it",
                     Need::required);
    arguments.option("--load-balancer-interface", "NAME", interface_, "The interface of the servers' network",
                     Need::required);
    arguments.option("--load-balancer-ip", "A.B.C.D[/N]", address_, "The appliance's own address there",
                     Need::required);
    arguments.option("--api-url", "URL", api_url_, "Another hosted side");
    arguments.option("--agent-id", "ID", agent_id_, "When this datacenter has an agent already");
    arguments.option("--ca-file", "FILE", ca_file_, "Certificate authorities of the hosted side");
    arguments.option("--config-dir", "DIR", config_dir_, "Where colony.yaml is written");
    arguments.flag("--no-start", no_start_, "Do not start the service");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    InitRequest request;
    auto key = hosted_key_of(session, key_);
    if (!key) co_return report_error(session, key.error());
    request.api_key = std::move(*key);
    request.data_center_id = data_center_id_;
    request.interface = interface_;
    request.address = address_;
    request.api_url = api_url_;
    request.agent_id = agent_id_;
    request.ca_file = ca_file_;
    const auto instance = chosen_instance(session);
    if (!instance) co_return report_error(session, instance.error());
    request.instance = *instance;
    request.config_dir = config_dir_ == Instance().config_dir() ? instance->config_dir() : config_dir_;
    request.start = !no_start_;
    core::KernelAddresses interfaces;
    CurlRegistration hosted;
    SystemAddressProbe probe;
    SystemService service(*instance);
    Json steps = Json::array();
    bool runs = false;
    std::string first;  // what is left to the operator
    const auto report = [&](const InitStep& step) {
      runs = runs || (step.name == "service" && step.outcome != InitStep::Outcome::note);
      if (!step.next.empty()) first = step.next;
      steps.push_back({{"step", step.name}, {"outcome", outcome_word(step.outcome)}, {"text", step.text}});
      if (session.output == Output::table) {
        session.console.out(
            terminal_text(fmt::format("{:14} {:9} {}", step.name, outcome_word(step.outcome), step.text)) +
            "\n");
      }
    };
    // Blocking, and nothing else runs in this program meanwhile.
    const auto done = run_init(request, {interfaces, probe, hosted, service}, report);
    if (!done) {
      co_return report_error(session, done.error());
    }
    if (runs) {
      const auto held = co_await wait_for_address(session);
      if (!held) {
        report_error(session, held.error());
        co_return ExitCode::general;
      }
      report({"serving", InitStep::Outcome::done, *held});
    }
    if (session.output == Output::json) print_json(session, Json{{"steps", steps}});
    session.console.err(first.empty() ? "Next: colony add-ipmi --help\n"
                                      : fmt::format("Next: {}; then: colony add-ipmi --help\n", first));
    co_return ExitCode::success;
  }

 private:
  HostedKeyArguments key_;
  std::string data_center_id_, interface_, address_;
  std::optional<std::string> api_url_, agent_id_, ca_file_;
  std::string config_dir_ = Instance().config_dir();
  bool no_start_ = false;
};

}  // namespace

std::unique_ptr<Command> make_init_command() {
  return std::make_unique<InitCommand>();
}

}  // namespace colony::daemon::cli
