#pragma once
// One connection of the server: requests in, responses out, one after the other.

#include "core/http/link.hpp"
#include "core/http/server.hpp"
#include "core/http/waiting_room.hpp"

namespace colony::core::http {

/// What a connection needs of its server; outlives it.
struct ConnectionContext {
  Timers& timers;
  Log& log;
  const Router& router;
  const ServerLimits& limits;
  const std::string& name;
  ServerCounters& counters;
  WaitingRoom::Guest& guest;
};

/// Serves until either side has had enough.
[[nodiscard]] Task<> serve_connection(ConnectionContext context, std::unique_ptr<Link> link, Peer peer);

}  // namespace colony::core::http
