#pragma once
// A command that talks to one BMC, without the daemon, and shows what came out.

#include <nlohmann/json.hpp>

#include "daemon/cli/bmc_line.hpp"
#include "daemon/cli/command.hpp"

namespace colony::daemon::cli {

class OneBmcCommand : public Command {
 public:
  [[nodiscard]] core::Task<ExitCode> run(Session& session) final;

 protected:
  /// What came out: an object.
  [[nodiscard]] virtual core::Task<core::Result<core::Json>> ask(Session& session, drivers::Bmc& bmc,
                                                                 core::BootTime deadline) = 0;
  /// For people; by default a line for each member.
  [[nodiscard]] virtual std::string render(Session& session, const core::Json& result) const;

  BmcArguments arguments_;
};

}  // namespace colony::daemon::cli
