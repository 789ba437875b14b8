#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/completion.hpp"
#include "daemon/cli/program.hpp"

namespace colony::daemon::cli {

namespace {

class CompletionCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"completion", "A completion script for your shell",
            "  colony completion bash > /etc/bash_completion.d/colony\n"
            "  colony completion zsh > /usr/local/share/zsh/site-functions/_colony\n"
            "  colony completion fish > ~/.config/fish/completions/colony.fish"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional_choice("SHELL", shell_, {"bash", "zsh", "fish"}, "bash, zsh or fish");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    session.console.out(completion_script(shell_, sketch(make_commands())));
    co_return ExitCode::success;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion_command() {
  return std::make_unique<CompletionCommand>();
}

}  // namespace colony::daemon::cli
