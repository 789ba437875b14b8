#include "pxe/dhcp/lease_responder.hpp"

#include <algorithm>
#include <utility>

#include "pxe/dhcp/relay_agent.hpp"

namespace colony::pxe::dhcp {

namespace {

using namespace std::chrono_literals;
using core::Ipv4Address;
using Grant = LeasePool::Grant;
using Standing = LeaseClient::Standing;

constexpr core::Duration exhausted_interval = 60s;
constexpr core::Duration declined_interval = 1s;
constexpr std::size_t host_name_limit = 63;  // RFC 1035 section 2.3.4
constexpr std::size_t client_id_limit = 255;

std::string host_name(const Options& options) {
  const auto text = options.find_text(OptionCode::host_name).value_or("");
  return core::printable(text.substr(0, host_name_limit), host_name_limit);
}

core::Bytes client_id(const Options& options) {
  const auto value = options.find(OptionCode::client_identifier);
  // RFC 2132 section 9.14: at least a type and one byte.
  if (!value || value->size() < 2 || value->size() > client_id_limit) return {};
  return {value->begin(), value->end()};
}

}  // namespace

/// A message of a client, with everything that was found out about it.
struct LeaseResponder::Asked {
  const Arrival& arrival;
  const Message& message;
  LeasePool& pool;
  std::optional<BootClient> boot;  // a network boot that we serve
  LeaseClient client;

  [[nodiscard]] LeaseTerms terms(Ipv4Address address) const {
    const auto* const reserved = pool.reservation(message.mac);
    return {address, pool.subnet(), reserved != nullptr ? reserved->hostname : std::string()};
  }
  /// RFC 2131 table 5: a DECLINE and a RELEASE MUST say whose address it is. One that says another's came no
  /// further than on_datagram; one that says nobody's may be meant for another server of this network.
  [[nodiscard]] bool names_us() const { return message.options.has(OptionCode::server_identifier); }
};

LeaseResponder::LeaseResponder(ReplyConfig reply, const LeaseConfig& config, const BootPolicy& policy,
                               const Neighbours& neighbours, LearnedAddresses& addresses,
                               core::EvidenceSink& evidence, core::Log& log)
    : reply_(std::move(reply)),
      policy_(policy),
      neighbours_(neighbours),
      addresses_(addresses),
      log_(log),
      sightings_(evidence, log),
      exhausted_lines_(exhausted_interval, 2),
      declined_lines_(declined_interval, 1) {
  pools_.reserve(config.subnets.size());
  for (const auto& subnet : config.subnets) {
    pools_.emplace_back(subnet, config.reservations, std::vector{reply_.server.address});
  }
}

/// A relay tells its client's subnet; who has an address is in the subnet of that; the rest asks on our own
/// link. Who is in none of our subnets is not answered: neither a relay that nobody configured, nor a giaddr
/// that somebody made up.
LeasePool* LeaseResponder::pool_of(const Message& message) {
  Ipv4Address place = reply_.server.address;
  if (!message.client.is_unspecified()) place = message.client;
  if (const auto relayed = relayed_from(message)) place = *relayed;
  const auto found = std::ranges::find_if(
      pools_, [place](const auto& pool) { return pool.subnet().network.contains(place); });
  return found == pools_.end() ? nullptr : &*found;
}

LeaseResponder::Answer LeaseResponder::on_datagram(const Arrival& arrival) {
  ++counters_.received;
  const auto message = decode(arrival.datagram);
  if (!message) {
    sightings_.malformed(arrival, message.error());
    return {};
  }
  LeasePool* const pool = message->operation == Operation::request ? pool_of(*message) : nullptr;
  if (pool == nullptr) {
    ++counters_.foreign;
    return {};
  }
  Asked asked{arrival, *message, *pool, classify(*message), {}};
  if (asked.boot) {
    if (const auto address = own_address(*message)) asked.boot->request.address = address;
    // Contract 1: whom the policy does not serve hears nothing, on any protocol.
    if (!policy_.serves(asked.boot->request)) {
      ++counters_.silent;
      if (message->type == MessageType::discover) sightings_.unanswered(arrival, asked.boot->request);
      return {};
    }
  }
  asked.client = {message->mac, client_id(message->options), host_name(message->options),
                  policy_.knows(message->mac) ? Standing::known
                  : asked.boot                ? Standing::newcomer
                                              : Standing::stranger,
                  asked.boot ? std::optional(asked.boot->request.stage) : std::nullopt};
  if (const auto server = message->options.find_address(OptionCode::server_identifier);
      server && *server != reply_.server.address) {
    ++counters_.foreign;
    if (message->type == MessageType::request && message->gateway.is_unspecified()) {
      rival_ = Rival{*server, arrival.now};
    }
    pool->forget_offer(message->mac, arrival.now);
    return {};
  }
  switch (message->type) {
    case MessageType::discover: return on_discover(asked);
    case MessageType::request: return on_request(asked);
    case MessageType::decline: return on_decline(asked);
    case MessageType::release: return on_release(asked);
    case MessageType::inform: return on_inform(asked);
    case MessageType::offer:
    case MessageType::ack:
    case MessageType::nak: break;
  }
  ++counters_.foreign;
  return {};
}

LeaseResponder::Answer LeaseResponder::on_discover(const Asked& asked) {
  note_system(asked);
  if (asked.boot) addresses_.learn(asked.boot->request);
  // A relayed subnet is not on our link: there the clients themselves look (RFC 2131 section 4.4.1).
  const bool local = asked.pool.subnet().network.contains(reply_.server.address);
  const auto in_use = [&](Ipv4Address address, std::optional<core::MacAddress> former) {
    if (!local) return false;
    const auto mac = neighbours_.mac_of(address);
    if (!mac || mac->is_zero() || *mac == asked.message.mac) return false;
    // The kernel remembers for long who had an address; of its former client only a fresh sign of life
    // counts.
    return mac != former || neighbours_.answering(address).has_value();
  };
  const auto wish = asked.message.options.find_address(OptionCode::requested_address);
  const auto address = asked.pool.offer(asked.client, wish, in_use, asked.arrival.now);
  if (!address) {
    note_exhausted(asked);
    return {};
  }
  const auto reply = make_lease_reply(asked.message, asked.boot, asked.terms(*address), reply_);
  if (!reply) {
    asked.pool.forget_offer(asked.message.mac, asked.arrival.now);
    if (asked.boot) sightings_.refused(asked.arrival, asked.boot->request, reply.error());
    return {};
  }
  ++counters_.offered;
  if (asked.boot) sightings_.answered(asked.arrival, asked.boot->request, *reply);
  return {std::nullopt, address_reply(*reply, asked.arrival)};
}

/// RFC 2131 section 4.3.2.
LeaseResponder::Answer LeaseResponder::on_request(const Asked& asked) {
  const Message& message = asked.message;
  const auto requested = message.options.find_address(OptionCode::requested_address);
  const bool selecting = message.options.has(OptionCode::server_identifier);
  // RENEWING, REBINDING. Some clients name their server there too, which section 4.3.6 forbids: what they
  // want is plain, for who selects an offer names its address in option 50 and has none yet.
  if (!message.client.is_unspecified() && !(selecting && requested)) return grant(asked, message.client);
  if (!requested) {
    ++counters_.foreign;
    return {};
  }
  if (selecting) return grant(asked, *requested);
  // INIT-REBOOT
  note_system(asked);
  if (!asked.pool.subnet().network.contains(*requested)) return refuse(asked, "another network");
  const auto* const reserved = asked.pool.reservation(message.mac);
  const auto last =
      reserved != nullptr ? std::optional(reserved->address) : asked.pool.last_lease(message.mac);
  if (!last) {
    ++counters_.foreign;  // "MUST remain silent": another server may know it
    return {};
  }
  if (*last != *requested) return refuse(asked, "not your address");
  return grant(asked, *requested);
}

LeaseResponder::Answer LeaseResponder::grant(const Asked& asked, Ipv4Address address) {
  const Arrival& arrival = asked.arrival;
  const bool selecting = asked.message.options.has(OptionCode::server_identifier);
  const auto reply = make_lease_reply(asked.message, asked.boot, asked.terms(address), reply_);
  if (!reply) {
    if (asked.boot) sightings_.refused(arrival, asked.boot->request, reply.error());
    return {};
  }
  switch (asked.pool.bind(asked.client, address, arrival.now)) {
    case Grant::granted: break;
    case Grant::taken: return refuse(asked, "the address is not yours to use");
    case Grant::not_ours:
      if (selecting) return refuse(asked, "no address of ours");
      ++counters_.foreign;
      return {};
    case Grant::exhausted: note_exhausted(asked); return {};
  }
  ++counters_.acknowledged;
  BootRequest request =
      asked.boot ? asked.boot->request : addresses_.last_request(asked.message.mac).value_or(BootRequest{});
  request.mac = asked.message.mac;
  request.address = address;
  if (asked.boot) sightings_.answered(arrival, request, *reply);
  if (asked.boot || policy_.serves(request)) addresses_.learn(request);
  return {asked.pool.record(address, arrival.now, arrival.utc_now), address_reply(*reply, arrival)};
}

LeaseResponder::Answer LeaseResponder::refuse(const Asked& asked, std::string_view why) {
  ++counters_.refused;
  log_.debug("dhcp.nak", "refused an address",
             {{"mac", asked.message.mac}, {"why", why}, {"known", asked.client.standing == Standing::known}});
  return {std::nullopt, address_reply(make_nak(asked.message, why, reply_), asked.arrival)};
}

LeaseResponder::Answer LeaseResponder::on_decline(const Asked& asked) {
  const auto address = asked.message.options.find_address(OptionCode::requested_address);
  if (!asked.names_us() || !address || !asked.pool.decline(asked.message.mac, *address, asked.arrival.now)) {
    ++counters_.foreign;
    return {};
  }
  ++counters_.declined;
  if (declined_lines_.allow(0, asked.arrival.now)) {
    log_.warn("dhcp.declined", "a client found that somebody else uses the address it was leased",
              {{"address", *address}, {"mac", asked.message.mac}, {"count", counters_.declined}});
  }
  return {asked.pool.record(*address, asked.arrival.now, asked.arrival.utc_now), std::nullopt};
}

LeaseResponder::Answer LeaseResponder::on_release(const Asked& asked) {
  const auto address = asked.message.client;
  if (!asked.names_us() || !asked.pool.release(asked.message.mac, address, asked.arrival.now)) {
    ++counters_.foreign;
    return {};
  }
  ++counters_.released;
  return {asked.pool.record(address, asked.arrival.now, asked.arrival.utc_now), std::nullopt};
}

/// RFC 2131 section 4.3.5: what the network is like, for somebody who has an address.
LeaseResponder::Answer LeaseResponder::on_inform(const Asked& asked) {
  if (asked.message.client.is_unspecified()) return {};
  const auto reply = make_lease_reply(asked.message, asked.boot, asked.terms({}), reply_);
  if (!reply) return {};
  Message direct = *reply;
  direct.gateway = {};  // "directly to the address given in the ciaddr field"
  return {std::nullopt, address_reply(direct, asked.arrival)};
}

/// A machine that we serve and that does not boot from the network: its operating system is up.
void LeaseResponder::note_system(const Asked& asked) {
  if (asked.boot || !begins(asked.message)) return;
  BootRequest request = addresses_.last_request(asked.message.mac).value_or(BootRequest{});
  request.mac = asked.message.mac;
  if (const auto address = own_address(asked.message)) request.address = address;
  if (policy_.serves(request)) sightings_.system_asked(asked.arrival, request);
}

void LeaseResponder::note_exhausted(const Asked& asked) {
  ++counters_.without_address;
  const bool known = asked.client.standing != Standing::stranger;
  if (!exhausted_lines_.allow(known ? 1 : 0, asked.arrival.now)) return;
  log_.warn("dhcp.exhausted",
            known ? "no address is left for a machine that boots through us: make the range larger"
                  : "strangers have had their share of the range: they get no address",
            {{"mac", asked.message.mac},
             {"network", asked.pool.subnet().network.to_string()},
             {"count", counters_.without_address}});
}

void LeaseResponder::restore(const std::vector<LeaseRecord>& records, core::BootTime now,
                             core::UtcTime utc_now) {
  for (const auto& record : records) {
    const auto standing = policy_.knows(record.mac) ? Standing::known : Standing::stranger;
    for (auto& pool : pools_) pool.restore(record, standing, now, utc_now);
  }
}

void LeaseResponder::sweep(core::BootTime now) {
  for (auto& pool : pools_) pool.sweep(now);
}

LeaseResponder::Counters LeaseResponder::counters() const {
  Counters counters = counters_;
  counters.malformed = sightings_.malformed_counts();
  return counters;
}

LeasePool::Counts LeaseResponder::lease_counts() const {
  LeasePool::Counts sum;
  for (const auto& pool : pools_) {
    const auto counts = pool.counts();
    sum.addresses += counts.addresses;
    sum.leased += counts.leased;
    sum.offered += counts.offered;
    sum.aside += counts.aside;
    sum.strangers += counts.strangers;
    sum.newcomers += counts.newcomers;
    sum.strangers_share += counts.strangers_share;
  }
  return sum;
}

std::vector<LeaseView> LeaseResponder::leases(core::BootTime now, core::UtcTime utc_now) const {
  std::vector<LeaseView> all;
  for (const auto& pool : pools_) std::ranges::move(pool.leases(now, utc_now), std::back_inserter(all));
  return all;
}

std::vector<Ipv4Address> LeaseResponder::set_aside() const {
  std::vector<Ipv4Address> all;
  for (const auto& pool : pools_) std::ranges::copy(pool.set_aside(), std::back_inserter(all));
  return all;
}

std::vector<Ipv4Address> LeaseResponder::next_candidates(std::size_t count) const {
  for (const auto& pool : pools_) {
    if (pool.subnet().network.contains(reply_.server.address)) return pool.next_candidates(count);
  }
  return {};
}

}  // namespace colony::pxe::dhcp
