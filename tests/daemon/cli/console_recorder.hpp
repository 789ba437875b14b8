#pragma once
// A console that remembers.

#include <deque>
#include <map>

#include "daemon/cli/console.hpp"

namespace colony::test {

struct RecordingConsole final : daemon::cli::Console {
  std::string output, errors;
  bool terminal = false;  // all three
  std::deque<std::string> input;
  std::map<std::string, std::string> variables;

  void out(std::string_view text) override { output += text; }
  void err(std::string_view text) override { errors += text; }
  bool out_is_terminal() const override { return terminal; }
  bool err_is_terminal() const override { return terminal; }
  bool in_is_terminal() const override { return terminal; }
  std::optional<std::string> read_line() override {
    if (input.empty()) return std::nullopt;
    std::string line = std::move(input.front());
    input.pop_front();
    return line;
  }
  std::optional<std::string> environment(const std::string& name) const override {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  }
};

}  // namespace colony::test
