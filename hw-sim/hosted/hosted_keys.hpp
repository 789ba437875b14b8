#pragma once
// The file of a hub's keys: which key is of which datacenter.

#include <map>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace colony::hw_sim {

/// A hub's keys from a file: a line each, KEY and the datacenter's id; blank lines and "#" are left out.
[[nodiscard]] core::Result<std::map<std::string, std::string>> parse_datacenter_keys(std::string_view text);

}  // namespace colony::hw_sim
