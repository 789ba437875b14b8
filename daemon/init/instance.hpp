#pragma once
// One of several appliances on one machine, each for a datacenter of its own: colonyd@NAME.service with its
// own configuration, journal, socket and key. Without a name it is the only one, in the places it has always
// had.

#include <optional>
#include <string>
#include <string_view>

namespace colony::daemon {

class Instance {
 public:
  Instance() = default;  // the only one
  /// 1 to 32 lower-case letters, digits and hyphens, no hyphen first: a name that paths and units take as it
  /// is.
  [[nodiscard]] static std::optional<Instance> parse(std::string_view text);

  [[nodiscard]] bool is_named() const { return !name_.empty(); }
  [[nodiscard]] std::string config_dir() const;  // /etc/colony, /etc/colony/NAME
  [[nodiscard]] std::string store() const;       // /var/lib/colony/colony.db, /var/lib/colony-NAME/colony.db
  [[nodiscard]] std::string socket() const;      // /run/colony/colonyd.sock, /run/colony-NAME/colonyd.sock
  [[nodiscard]] std::string unit() const;        // colonyd, colonyd@NAME

 private:
  std::string name_;
};

inline constexpr const char* instance_variable = "COLONY_INSTANCE";

}  // namespace colony::daemon
