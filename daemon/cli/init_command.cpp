#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/net/privileged.hpp"
#include "daemon/cli/commands.hpp"
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
    arguments.option("--api-key", "KEY", api_key_, "Of this datacenter; safer: COLONY_API_KEY");
    arguments.option("--api-key-file", "FILE", api_key_file_,
                     "Its first line is the key; - is standard input");
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
    auto key = take_key(session);
    if (!key) co_return report_error(session, key.error());
    request.api_key = std::move(*key);
    request.data_center_id = data_center_id_;
    request.interface = interface_;
    request.address = address_;
    request.api_url = api_url_;
    request.agent_id = agent_id_;
    request.ca_file = ca_file_;
    request.config_dir = config_dir_;
    request.start = !no_start_;
    core::KernelAddresses interfaces;
    CurlRegistration hosted;
    SystemAddressProbe probe;
    SystemService service;
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
  core::Result<core::Secret> take_key(Session& session) {
    if (!api_key_file_.empty()) {
      auto text = read_text_file(api_key_file_, max_key_file);
      if (!text) return std::unexpected(text.error());
      core::Secret key(std::string_view(*text).substr(0, text->find_first_of("\r\n")));
      core::wipe_text(*text);
      return key;
    }
    if (api_key_.empty()) {
      auto text = session.console.environment("COLONY_API_KEY").value_or("");
      core::Secret key(text);
      core::wipe_text(text);
      return key;
    }
    session.console.err(
        "note: a key on the command line can be seen by others of this machine; safer: COLONY_API_KEY\n");
    core::Secret key(api_key_);
    core::wipe_text(api_key_);
    return key;
  }

  static constexpr std::size_t max_key_file = 4096;

  std::string api_key_, api_key_file_, data_center_id_, interface_, address_;
  std::optional<std::string> api_url_, agent_id_, ca_file_;
  std::string config_dir_ = "/etc/colony";
  bool no_start_ = false;
};

}  // namespace

std::unique_ptr<Command> make_init_command() {
  return std::make_unique<InitCommand>();
}

}  // namespace colony::daemon::cli
