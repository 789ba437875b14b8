#include "pxe/dhcp/lease_pool.hpp"

#include <algorithm>
#include <cassert>

namespace colony::pxe::dhcp {

namespace {

using core::BootTime;
using core::Ipv4Address;
using core::MacAddress;
using Standing = LeaseClient::Standing;

/// Addresses looked at for one DISCOVER before we give up: the client asks again.
constexpr int tries_a_discover = 8;

core::UtcTime to_utc(BootTime at, BootTime now, core::UtcTime utc_now) {
  return utc_now + std::chrono::duration_cast<core::UtcTime::duration>(at - now);
}

}  // namespace

LeasePool::LeasePool(Subnet subnet, const std::vector<Reservation>& reservations,
                     const std::vector<Ipv4Address>& never)
    : subnet_(std::move(subnet)), never_(never.begin(), never.end()) {
  assert(subnet_.first <= subnet_.last);
  assert(subnet_.last.value() - subnet_.first.value() < range_limit);
  if (!subnet_.gateway.is_unspecified()) never_.insert(subnet_.gateway);
  never_.insert(Ipv4Address(subnet_.network.address.value() & subnet_.network.mask()));
  never_.insert(subnet_.network.broadcast());
  for (const auto& reservation : reservations) {
    if (!subnet_.network.contains(reservation.address)) continue;
    reservations_.emplace(reservation.mac, reservation);
    reserved_.emplace(reservation.address, reservation.mac);
  }
  for (auto value = subnet_.first.value();; ++value) {
    const Ipv4Address address(value);
    if (!never_.contains(address) && !reserved_.contains(address)) ++addresses_;
    if (address == subnet_.last) break;
  }
}

const Reservation* LeasePool::reservation(MacAddress mac) const {
  const auto found = reservations_.find(mac);
  return found == reservations_.end() ? nullptr : &found->second;
}

LeasePool::Entry* LeasePool::find(Ipv4Address address) {
  const auto found = entries_.find(address);
  return found == entries_.end() ? nullptr : &found->second;
}

const LeasePool::Entry* LeasePool::find(Ipv4Address address) const {
  const auto found = entries_.find(address);
  return found == entries_.end() ? nullptr : &found->second;
}

std::pair<const Ipv4Address, LeasePool::Entry>* LeasePool::entry_of(MacAddress mac) {
  const auto address = by_mac_.find(mac);
  if (address == by_mac_.end()) return nullptr;
  const auto found = entries_.find(address->second);
  assert(found != entries_.end());  // by_mac_ points at entries only
  return &*found;
}

bool LeasePool::allowed(MacAddress mac, Ipv4Address address) const {
  if (never_.contains(address)) return false;
  const auto reserved = reserved_.find(address);
  if (reserved != reserved_.end()) return reserved->second == mac;
  return in_range(address);
}

/// Nobody else has it, or is about to.
bool LeasePool::available_to(MacAddress mac, const Entry* entry) const {
  if (entry == nullptr) return true;
  switch (entry->place) {
    case Place::free:
    case Place::idle:
    case Place::kept: return true;
    case Place::offered:
    case Place::offered_to_newcomer:
    case Place::offered_to_stranger:
    case Place::leased: return entry->client.mac == mac;
    case Place::aside: return false;
  }
  return false;
}

void LeasePool::move(Ipv4Address address, Entry& entry, Place place, BootTime until) {
  if (place == Place::idle && !shared(address)) place = Place::kept;
  const auto count = [this, &entry](std::size_t one) {
    if (entry.place != Place::leased) return;
    if (entry.client.standing == Standing::stranger) stranger_leases_ += one;
    if (entry.client.standing == Standing::newcomer) newcomer_leases_ += one;
  };
  queue(entry.place).erase({entry.until, address});
  count(static_cast<std::size_t>(-1));
  entry.place = place;
  entry.until = until;
  queue(place).insert({until, address});
  count(1);
}

/// The entry must not be leased: the counts go by its standing.
void LeasePool::own(Ipv4Address address, Entry& entry, const LeaseClient& client) {
  assert(entry.place != Place::leased);
  if (entry.client.mac != client.mac) {
    if (const auto found = by_mac_.find(entry.client.mac);
        found != by_mac_.end() && found->second == address) {
      by_mac_.erase(found);
    }
    entry.was_leased = false;
    entry.released = false;
  }
  entry.client = client;
  by_mac_.insert_or_assign(client.mac, address);
}

void LeasePool::give_up_others(MacAddress mac, Ipv4Address address, BootTime now) {
  if (auto* const other = entry_of(mac); other != nullptr && other->first != address) {
    set_free(other->first, other->second, now);
  }
}

void LeasePool::set_free(Ipv4Address address, Entry& entry, BootTime now) {
  if (const auto found = by_mac_.find(entry.client.mac); found != by_mac_.end() && found->second == address) {
    by_mac_.erase(found);
  }
  move(address, entry, Place::free, now);
  entry.was_leased = false;
  entry.released = false;
  // Outside the range it is nobody's but the reservation's, and goes into no queue.
  if (!shared(address)) {
    queue(Place::free).erase({now, address});
    entries_.erase(address);
  }
}

void LeasePool::end_offer(Ipv4Address address, Entry& entry, BootTime now) {
  if (entry.was_leased) {
    move(address, entry, Place::idle, now);
  } else {
    set_free(address, entry, now);
  }
}

void LeasePool::sweep(BootTime now) {
  const auto ended = [this, now](Place place) -> std::pair<const Ipv4Address, Entry>* {
    const auto& waiting = queue(place);
    if (waiting.empty() || waiting.begin()->first > now) return nullptr;
    const auto found = entries_.find(waiting.begin()->second);
    assert(found != entries_.end());
    return &*found;
  };
  for (const auto place : {Place::offered, Place::offered_to_newcomer, Place::offered_to_stranger}) {
    while (auto* const item = ended(place)) end_offer(item->first, item->second, item->second.until);
  }
  while (auto* const item = ended(Place::leased)) {
    item->second.released = false;
    move(item->first, item->second, Place::idle, item->second.until);
  }
  while (auto* const item = ended(Place::aside)) set_free(item->first, item->second, item->second.until);
}

Standing LeasePool::standing_of(const LeaseClient& client) const {
  return reservation(client.mac) != nullptr ? Standing::known : client.standing;
}

bool LeasePool::has_room(Standing standing) const {
  if (standing == Standing::known) return true;
  const auto used = counts();
  // What is set aside counts: whoever declines one address after the other drains no range.
  const auto strangers = used.strangers + used.aside;
  if (standing == Standing::stranger && strangers >= used.strangers_share) return false;
  const auto unknown_share = addresses_ < 2 ? addresses_ : addresses_ - (addresses_ + 7) / 8;
  return strangers + used.newcomers < unknown_share;
}

bool LeasePool::admit(Standing standing, BootTime now) {
  if (standing == Standing::known) return true;
  const bool stranger = standing == Standing::stranger;
  const auto& own_kind = queue(stranger ? Place::offered_to_stranger : Place::offered_to_newcomer);
  if (own_kind.size() < stranger_offers_limit && has_room(standing)) return true;
  // The oldest offer gives way; a newcomer's never to a stranger.
  const auto& strangers = queue(Place::offered_to_stranger);
  const bool too_many = own_kind.size() >= stranger_offers_limit;
  const auto& from = too_many || strangers.empty() ? own_kind : strangers;
  if (from.empty()) return false;
  const Ipv4Address oldest = from.begin()->second;
  Entry* const entry = find(oldest);
  assert(entry != nullptr);
  end_offer(oldest, *entry, now);
  return has_room(standing);
}

std::optional<Ipv4Address> LeasePool::next_fresh() const {
  const std::uint32_t size = subnet_.last.value() - subnet_.first.value() + 1;
  for (auto offset = fresh_; offset < size; ++offset) {
    const Ipv4Address address(subnet_.first.value() + offset);
    if (!never_.contains(address) && !reserved_.contains(address) && !entries_.contains(address)) {
      return address;
    }
  }
  return std::nullopt;
}

/// Never used before, else freed longest ago, else idle longest.
std::optional<Ipv4Address> LeasePool::pick(const InUse& in_use, BootTime now) {
  for (int i = 0; i < tries_a_discover; ++i) {
    std::optional<Ipv4Address> address = next_fresh();
    if (address) {
      fresh_ = address->value() - subnet_.first.value() + 1;
      entries_.try_emplace(*address);
      queue(Place::free).insert({entries_.at(*address).until, *address});
    } else {
      fresh_ = subnet_.last.value() - subnet_.first.value() + 1;
      for (const auto place : {Place::free, Place::idle}) {
        if (!address && !queue(place).empty()) address = queue(place).begin()->second;
      }
    }
    if (!address) return std::nullopt;
    Entry& entry = entries_.at(*address);
    if (!in_use(*address, entry.was_leased ? std::optional(entry.client.mac) : std::nullopt)) return address;
    set_free(*address, entry, now);
    move(*address, entry, Place::aside, now + aside_time);
  }
  return std::nullopt;
}

std::optional<Ipv4Address> LeasePool::offer(const LeaseClient& client, std::optional<Ipv4Address> wish,
                                            const InUse& in_use, BootTime now) {
  sweep(now);
  std::optional<Ipv4Address> chosen;
  const Reservation* const reserved = reservation(client.mac);
  if (reserved != nullptr && allowed(client.mac, reserved->address) &&
      available_to(client.mac, find(reserved->address))) {
    chosen = reserved->address;
  } else if (const auto* const own = entry_of(client.mac);
             own != nullptr && allowed(client.mac, own->first) && own->second.place != Place::aside) {
    chosen = own->first;
  }
  if (chosen) {
    const Entry* const entry = find(*chosen);
    if (entry != nullptr && entry->place == Place::leased) return chosen;  // it only asks again
  }
  const Standing standing = standing_of(client);
  const Place place = standing == Standing::stranger   ? Place::offered_to_stranger
                      : standing == Standing::newcomer ? Place::offered_to_newcomer
                                                       : Place::offered;
  const Entry* const before = chosen ? find(*chosen) : nullptr;
  const bool offered_before = before != nullptr && before->place == place;
  if (!offered_before && !admit(standing, now)) return std::nullopt;
  if (!chosen && wish && allowed(client.mac, *wish)) {
    const Entry* const entry = find(*wish);
    if ((entry == nullptr || entry->place == Place::free) && !in_use(*wish, std::nullopt)) chosen = wish;
  }
  if (!chosen) chosen = pick(in_use, now);
  if (!chosen) return std::nullopt;
  Entry& entry = entries_[*chosen];
  own(*chosen, entry, client);
  move(*chosen, entry, place, now + offer_time);
  return chosen;
}

LeasePool::Grant LeasePool::bind(const LeaseClient& client, Ipv4Address address, BootTime now) {
  sweep(now);
  if (!subnet_.network.contains(address) || !allowed(client.mac, address)) {
    // Reserved for another, or our own: ours to refuse. Else it may be another server's to give.
    const bool ours = in_range(address) || reserved_.contains(address) || never_.contains(address);
    return ours ? Grant::taken : Grant::not_ours;
  }
  const Reservation* const reserved = reservation(client.mac);
  if (reserved != nullptr && reserved->address != address &&
      available_to(client.mac, find(reserved->address))) {
    return Grant::taken;
  }
  Entry* entry = find(address);
  // Who requests comes before a stranger who was only offered it: his own offer gave way in a flood, perhaps.
  const bool only_offered = entry != nullptr && entry->place == Place::offered_to_stranger;
  if (!only_offered && !available_to(client.mac, entry)) return Grant::taken;
  const bool has_it = entry != nullptr && entry->client.mac == client.mac &&
                      (entry->place == Place::leased || entry->place == Place::offered ||
                       entry->place == Place::offered_to_newcomer);
  if (only_offered) {
    end_offer(address, *entry, now);
    entry = find(address);
  }
  if (!has_it && !admit(standing_of(client), now)) return Grant::exhausted;
  if (entry == nullptr) entry = &entries_[address];
  if (entry->place == Place::leased) move(address, *entry, Place::idle, now);
  give_up_others(client.mac, address, now);
  own(address, *entry, client);
  entry->client.standing = standing_of(client);
  if (reserved != nullptr && !reserved->hostname.empty()) entry->client.hostname = reserved->hostname;
  entry->was_leased = true;
  entry->released = false;
  move(address, *entry, Place::leased, now + subnet_.lease_time);
  return Grant::granted;
}

std::optional<Ipv4Address> LeasePool::last_lease(MacAddress mac) const {
  const auto found = by_mac_.find(mac);
  if (found == by_mac_.end()) return std::nullopt;
  const Entry* const entry = find(found->second);
  assert(entry != nullptr);
  return entry->was_leased ? std::optional(found->second) : std::nullopt;
}

bool LeasePool::release(MacAddress mac, Ipv4Address address, BootTime now) {
  sweep(now);
  Entry* const entry = find(address);
  if (entry == nullptr || entry->place != Place::leased || entry->client.mac != mac) return false;
  move(address, *entry, Place::idle, now);
  entry->released = true;
  return true;
}

bool LeasePool::decline(MacAddress mac, Ipv4Address address, BootTime now) {
  sweep(now);
  Entry* const entry = find(address);
  const bool has_it = entry != nullptr && entry->client.mac == mac && entry->place != Place::idle &&
                      entry->place != Place::kept && entry->place != Place::free &&
                      entry->place != Place::aside;
  if (!has_it) return false;
  if (const auto found = by_mac_.find(mac); found != by_mac_.end() && found->second == address) {
    by_mac_.erase(found);
  }
  move(address, *entry, Place::aside, now + aside_time);
  entry->was_leased = false;
  entry->released = false;
  return true;
}

void LeasePool::forget_offer(MacAddress mac, BootTime now) {
  auto* const own = entry_of(mac);
  if (own == nullptr) return;
  const auto place = own->second.place;
  const bool offered =
      place == Place::offered || place == Place::offered_to_newcomer || place == Place::offered_to_stranger;
  if (offered) end_offer(own->first, own->second, now);
}

void LeasePool::restore(const LeaseRecord& record, Standing standing, BootTime now, core::UtcTime utc_now) {
  if (!subnet_.network.contains(record.address) || !allowed(record.mac, record.address)) return;
  const core::Duration left = record.expires - utc_now;
  Entry& entry = entries_[record.address];
  if (entry.place == Place::leased) move(record.address, entry, Place::idle, now);
  if (record.state == LeaseState::declined) {
    set_free(record.address, entry, now);
    if (left <= core::Duration(0) || find(record.address) == nullptr) return;
    entry.client = {};
    entry.client.mac = record.mac;
    move(record.address, entry, Place::aside, now + std::min(left, aside_time));
    return;
  }
  give_up_others(record.mac, record.address, now);
  LeaseClient client{record.mac, record.client_id, record.hostname, standing, std::nullopt};
  own(record.address, entry, client);
  entry.was_leased = true;
  entry.released = record.state == LeaseState::released;
  if (record.state == LeaseState::bound && left > core::Duration(0)) {
    // Never longer than it was granted for, should the wall clock have gone back meanwhile.
    move(record.address, entry, Place::leased, now + std::min(left, subnet_.lease_time));
  } else {
    // Idle since then: the order among the idle is kept over a restart.
    const core::Duration since = entry.released ? record.updated - utc_now : left;
    move(record.address, entry, Place::idle, now + std::min(since, core::Duration(0)));
  }
}

LeaseRecord LeasePool::record_of(Ipv4Address address, const Entry& entry, BootTime now,
                                 core::UtcTime utc_now) const {
  LeaseRecord record;
  record.address = address;
  record.mac = entry.client.mac;
  record.client_id = entry.client.client_id;
  record.hostname = entry.client.hostname;
  record.updated = utc_now;
  record.expires = to_utc(entry.until, now, utc_now);
  if (entry.place == Place::aside) record.state = LeaseState::declined;
  if (entry.released) record.state = LeaseState::released;
  return record;
}

std::optional<LeaseRecord> LeasePool::record(Ipv4Address address, BootTime now, core::UtcTime utc_now) const {
  const Entry* const entry = find(address);
  if (entry == nullptr) return std::nullopt;
  return record_of(address, *entry, now, utc_now);
}

std::vector<LeaseView> LeasePool::leases(BootTime now, core::UtcTime utc_now) const {
  std::vector<LeaseView> out;
  for (const auto& [address, entry] : entries_) {
    if (entry.place != Place::leased && entry.place != Place::idle && entry.place != Place::kept) continue;
    const bool active = entry.place == Place::leased && entry.until > now;
    out.push_back(
        {record_of(address, entry, now, utc_now), entry.client.standing, entry.client.stage, active});
  }
  std::ranges::sort(out, {}, [](const LeaseView& view) { return view.lease.address; });
  return out;
}

std::vector<Ipv4Address> LeasePool::set_aside() const {
  std::vector<Ipv4Address> out;
  for (const auto& [until, address] : queue(Place::aside)) out.push_back(address);
  std::ranges::sort(out);
  return out;
}

std::vector<Ipv4Address> LeasePool::next_candidates(std::size_t count) const {
  std::vector<Ipv4Address> out;
  const std::uint32_t size = subnet_.last.value() - subnet_.first.value() + 1;
  for (auto offset = fresh_; offset < size && out.size() < count; ++offset) {
    const Ipv4Address address(subnet_.first.value() + offset);
    if (never_.contains(address) || reserved_.contains(address) || entries_.contains(address)) continue;
    out.push_back(address);
  }
  for (const auto place : {Place::free, Place::idle}) {
    for (const auto& [since, address] : queue(place)) {
      if (out.size() >= count) return out;
      out.push_back(address);
    }
  }
  return out;
}

LeasePool::Counts LeasePool::counts() const {
  Counts counts;
  counts.addresses = addresses_;
  counts.leased = queue(Place::leased).size();
  counts.offered = queue(Place::offered).size() + queue(Place::offered_to_newcomer).size() +
                   queue(Place::offered_to_stranger).size();
  counts.aside = queue(Place::aside).size();
  counts.strangers = stranger_leases_ + queue(Place::offered_to_stranger).size();
  counts.newcomers = newcomer_leases_ + queue(Place::offered_to_newcomer).size();
  // A range of one address has nothing to share.
  counts.strangers_share = addresses_ < 2 ? addresses_ : addresses_ - (addresses_ + 3) / 4;
  return counts;
}

}  // namespace colony::pxe::dhcp
