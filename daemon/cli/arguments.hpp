#pragma once
// What a command accepts, bound to its members. CLI11 is behind it, in program.cpp only.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon::cli {

enum class Need : std::uint8_t { optional, required };

class Arguments {
 public:
  struct State;
  explicit Arguments(State& state) : state_(state) {}

  /// `names` such as "--yes" or "-y,--yes".
  void flag(const std::string& names, bool& into, const std::string& help);
  /// `value` names the value in the help: "ADDRESS".
  void option(const std::string& names, const std::string& value, std::string& into, const std::string& help,
              Need need = Need::optional);
  void option(const std::string& names, const std::string& value, std::optional<std::string>& into,
              const std::string& help);
  void number(const std::string& names, const std::string& value, unsigned& into, unsigned least,
              unsigned most, const std::string& help);
  /// May be given several times.
  void repeatable(const std::string& names, const std::string& value, std::vector<std::string>& into,
                  const std::string& help);
  void choice(const std::string& names, std::string& into, const std::vector<std::string>& words,
              const std::string& help);
  void positional(const std::string& name, std::string& into, const std::string& help,
                  Need need = Need::required);
  void positional_choice(const std::string& name, std::string& into, const std::vector<std::string>& words,
                         const std::string& help);
  void positionals(const std::string& name, std::vector<std::string>& into, const std::string& help,
                   Need need);

 private:
  State& state_;
};

/// Copies the program's arguments and overwrites in place every value of `--password`, `--api-key` and the
/// like, so that ps(1) shows it no longer than it takes to get here.
[[nodiscard]] std::vector<std::string> take_arguments(int argc, char** argv);

}  // namespace colony::daemon::cli
