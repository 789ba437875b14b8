#pragma once
// Collects the faults of one file while it is read, and remembers on which line each key stands, so that a
// rule over several keys can still point at a line.

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/config/config.hpp"

namespace colony::daemon {

class FaultList {
 public:
  explicit FaultList(std::string file) : file_(std::move(file)) {}

  void saw(const std::string& key, unsigned line) { lines_.emplace(key, line); }
  void add(unsigned line, std::string key, std::string what, std::string accepted);
  /// On the key's own line, or that of the section it would stand in. A key that is already blamed is left
  /// alone: one line a fault.
  void add(const std::string& key, std::string what, std::string accepted);

  [[nodiscard]] bool empty() const { return faults_.empty(); }
  /// In the order of the file; what has no line comes first.
  [[nodiscard]] ConfigFaults take() && { return std::move(faults_); }

 private:
  std::string file_;
  std::map<std::string, unsigned, std::less<>> lines_;
  ConfigFaults faults_;  // sorted by line
};

/// The rules that span several keys.
void validate(const Config& config, FaultList& faults);

}  // namespace colony::daemon
