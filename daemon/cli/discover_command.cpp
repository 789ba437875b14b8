#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

class DiscoverCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "discover", "Inventory servers: unknown ones for a while, or known ones now",
        "  colony discover --for 30m       unknown machines that PXE-boot are inventoried for 30 minutes\n"
        "  colony discover --for 0s        closes the window\n"
        "  colony discover web-1 --wait    powers this one into its inventory"};
  }
  void declare(Arguments& arguments) override {
    arguments.positionals("ASSET", assets_, "Known servers", Need::optional);
    arguments.option("--for", "DURATION", for_, "Open the window for unknown machines, at most 24h");
    arguments.flag("--wait", wait_, "Until the inventories are there");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    if (assets_.empty() == for_.empty()) {
      session.console.err("colony: either --for DURATION or servers; see: colony discover --help\n");
      co_return ExitCode::arguments;
    }
    if (!for_.empty()) co_return co_await open_window(session);
    co_return co_await order_each(
        session, assets_, "discover", [](std::size_t) { return Json::object(); }, wait_);
  }

 private:
  core::Task<ExitCode> open_window(Session& session) {
    const auto window = co_await session.api.post(api_path({"discovery-window"}), Json{{"for", for_}});
    if (!window) co_return report_error(session, window.error());
    if (session.output == Output::json) {
      print_json(session, *window);
    } else if (core::parse_duration(for_) == core::Duration{0}) {
      session.console.out("discovery window closed\n");
    } else {
      session.console.out(fmt::format("discovery window until {}\n", text_of(*window, "until")));
      session.console.err(
          "Machines that PXE-boot now show up in: colony assets; make them ours: colony accept ASSET\n");
    }
    co_return ExitCode::success;
  }

  std::vector<std::string> assets_;
  std::string for_;
  bool wait_ = false;
};

class AcceptCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"accept", "Say that a server is ours: its disks may then be erased",
            "  colony assets web-1             look at its disks first\n"
            "  colony accept web-1"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "Name, id, serial, MAC or BMC address");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto accepted = co_await session.api.post(api_path({"assets", asset_, "accept"}), Json::object());
    if (!accepted) co_return report_error(session, accepted.error());
    if (session.output == Output::json) {
      print_json(session, *accepted);
    } else {
      session.console.out(
          fmt::format("{} is {}\n", terminal_text(text_of(*accepted, "name")), text_of(*accepted, "status")));
    }
    co_return ExitCode::success;
  }

 private:
  std::string asset_;
};

}  // namespace

std::unique_ptr<Command> make_discover_command() {
  return std::make_unique<DiscoverCommand>();
}
std::unique_ptr<Command> make_accept_command() {
  return std::make_unique<AcceptCommand>();
}

}  // namespace colony::daemon::cli
