#pragma once
// Where the command line talks to people: results on standard output, everything else on standard error.

#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace colony::daemon::cli {

class Console {
 public:
  virtual ~Console() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  [[nodiscard]] virtual bool out_is_terminal() const = 0;
  [[nodiscard]] virtual bool err_is_terminal() const = 0;
  [[nodiscard]] virtual bool in_is_terminal() const = 0;
  /// Without its newline; nothing at the end of input.
  [[nodiscard]] virtual std::optional<std::string> read_line() = 0;
  [[nodiscard]] virtual std::optional<std::string> environment(const std::string& name) const = 0;
};

class SystemConsole final : public Console {
 public:
  void out(std::string_view text) override;
  void err(std::string_view text) override;
  [[nodiscard]] bool out_is_terminal() const override;
  [[nodiscard]] bool err_is_terminal() const override;
  [[nodiscard]] bool in_is_terminal() const override;
  [[nodiscard]] std::optional<std::string> read_line() override;
  [[nodiscard]] std::optional<std::string> environment(const std::string& name) const override;
};

/// A file an operator named, at most `limit` bytes; "-" is standard input. Errors: cli.no_file (nothing
/// of that name), cli.file.
[[nodiscard]] core::Result<std::string> read_text_file(const std::string& path, std::size_t limit);

}  // namespace colony::daemon::cli
