#include "daemon/guard/heard_servers.hpp"

#include <algorithm>
#include <utility>

namespace colony::daemon::guard {

using core::BootTime;
using pxe::dhcp::ServerAnswer;

BootSpeech boot_speech(const ServerAnswer& answer) {
  if (answer.says_pxe) {
    const bool gives_address = !answer.offered.is_unspecified();
    return gives_address && !answer.has_pxe_options ? BootSpeech::class_only : BootSpeech::proxy;
  }
  return answer.boot_file.empty() ? BootSpeech::nothing : BootSpeech::file;
}

BootTime HeardServer::last_heard() const {
  BootTime last = first_heard;
  if (lease) last = std::max(last, lease->at);
  if (boot) last = std::max(last, boot->at);
  return last;
}

std::optional<core::MacAddress> HeardServer::mac() const {
  if (lease && lease->answer.mac) return lease->answer.mac;
  return boot ? boot->answer.mac : std::nullopt;
}

HeardServer& HeardServers::entry(core::Ipv4Address server, BootTime now) {
  const auto found = std::ranges::find(servers_, server, &HeardServer::server);
  if (found != servers_.end()) return *found;
  if (servers_.size() >= most) {
    // One that answers us is no invention of somebody who forges what others are told.
    servers_.erase(std::ranges::min_element(servers_, {}, [](const HeardServer& one) {
      return std::pair(one.answered_round != 0, one.last_heard());
    }));
  }
  HeardServer fresh;
  fresh.server = server;
  fresh.first_heard = now;
  servers_.push_back(std::move(fresh));
  return servers_.back();
}

namespace {

/// What is said to others is no news of a server that answers us too: it would be judged by less.
bool is_news(const std::optional<HeardServer::Said>& former, bool to_us) {
  return to_us || !former || !former->to_us;
}

}  // namespace

void HeardServers::hear(ServerAnswer answer, std::uint64_t round, BootTime now) {
  const BootSpeech speech = boot_speech(answer);
  const bool gives_address = !answer.offered.is_unspecified();
  if (!gives_address && speech == BootSpeech::nothing) return;  // an INFORM was acknowledged
  HeardServer& server = entry(answer.server, now);
  const bool to_us = round != 0;
  if (gives_address && to_us) {
    server.answered_round = round;
    for (auto& other : servers_) {
      if (other.server == server.server || other.answered_round != round) continue;
      other.beside_another = true;
      server.beside_another = true;
    }
  }
  if (speech != BootSpeech::nothing && is_news(server.boot, to_us)) server.boot = {answer, now, to_us};
  if (gives_address && is_news(server.lease, to_us)) server.lease = {std::move(answer), now, to_us};
}

void HeardServers::forget(BootTime ours, BootTime others) {
  const auto is_stale = [&](const std::optional<HeardServer::Said>& said) {
    return said && said->at < (said->to_us ? ours : others);
  };
  for (auto& server : servers_) {
    if (is_stale(server.lease)) server.lease.reset();
    if (is_stale(server.boot)) server.boot.reset();
  }
  std::erase_if(servers_, [](const HeardServer& server) { return !server.lease && !server.boot; });
}

}  // namespace colony::daemon::guard
