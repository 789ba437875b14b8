#pragma once
// A configuration as a flat list of keys with their values as YAML text, in the order of fields.hpp: what
// emitting, comparing and editing are made of.

#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/config/fields.hpp"

namespace colony::daemon {

/// One key and its value as text; rows and lists are one value in flow form.
struct Leaf {
  std::string section;  // "" or "hosted" or "pxe.nbp"
  std::string key;
  std::string text;
  TakesUp takes_up;
  [[nodiscard]] std::string path() const { return section.empty() ? key : section + "." + key; }
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

/// Any two configurations give lists of the same length with the same keys.
[[nodiscard]] std::vector<Leaf> flatten(const Config& config);

}  // namespace colony::daemon
