#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

class ClustersCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"clusters", "Clusters of this site (not made yet: provision node by node)", "  colony clusters"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("CLUSTER", cluster_, "One of them", Need::optional);
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto seen = co_await session.api.get(cluster_.empty() ? api_path({"clusters"})
                                                                : api_path({"clusters", cluster_}));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
    } else {
      session.console.err(
          "No clusters. Provision each node with its machine config: colony provision --help\n");
    }
    co_return ExitCode::success;
  }

 private:
  std::string cluster_;
};

}  // namespace

std::unique_ptr<Command> make_clusters_command() {
  return std::make_unique<ClustersCommand>();
}

}  // namespace colony::daemon::cli
