#pragma once
// A socket filter (classic BPF) that lets only datagrams from one network in. It stays on the socket when
// another program inherits it: what that program answers, it answers to the network of the machines only.

#include <array>

#include <linux/filter.h>

#include "core/address.hpp"
#include "core/error.hpp"

namespace colony::daemon {

using SourceFilter = std::array<sock_filter, 5>;

[[nodiscard]] SourceFilter source_filter(const core::Ipv4Network& network);
/// Attached, and locked: whoever inherits the socket cannot take it off. Errors: net.filter.
[[nodiscard]] core::Result<> attach_source_filter(int fd, const core::Ipv4Network& network);

}  // namespace colony::daemon
