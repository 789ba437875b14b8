#include "daemon/init/instance.hpp"

#include <algorithm>

namespace colony::daemon {

std::optional<Instance> Instance::parse(std::string_view text) {
  constexpr std::size_t longest = 32;
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (text.empty() || text.size() > longest || text.front() == '-' || !std::ranges::all_of(text, fits)) {
    return std::nullopt;
  }
  Instance instance;
  instance.name_ = text;
  return instance;
}

std::string Instance::config_dir() const {
  return is_named() ? "/etc/colony/" + name_ : "/etc/colony";
}

std::string Instance::store() const {
  return is_named() ? "/var/lib/colony-" + name_ + "/colony.db" : "/var/lib/colony/colony.db";
}

std::string Instance::socket() const {
  return is_named() ? "/run/colony-" + name_ + "/colonyd.sock" : "/run/colony/colonyd.sock";
}

std::string Instance::unit() const {
  return is_named() ? "colonyd@" + name_ : "colonyd";
}

}  // namespace colony::daemon
