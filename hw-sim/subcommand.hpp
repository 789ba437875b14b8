#pragma once
// What a subcommand of hw-sim gives to the program: its options and what to run. Each room of hw-sim
// registers its own (hw-sim/main.cpp lists them).

#include <functional>
#include <vector>

namespace CLI {
class App;
}

namespace colony::hw_sim {

struct Subcommand {
  CLI::App* app = nullptr;
  std::function<int()> run;  // after parsing; returns the exit code
};

class Subcommands {
 public:
  explicit Subcommands(CLI::App& program) : program_(program) {}
  [[nodiscard]] CLI::App& program() { return program_; }
  /// `app` came from program().add_subcommand().
  void add(CLI::App* app, std::function<int()> run) { list_.push_back({app, std::move(run)}); }
  [[nodiscard]] const std::vector<Subcommand>& list() const { return list_; }

 private:
  CLI::App& program_;
  std::vector<Subcommand> list_;
};

}  // namespace colony::hw_sim
