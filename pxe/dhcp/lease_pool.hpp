#pragma once
// The addresses of one subnet and who has them: RFC 2131 sections 4.3.1 and 4.3.2 as a value over time that
// is passed in. Every act costs O(log n); memory is bounded by the range and the reservations.
//
// An address is `free`, `offered` (seconds, in memory only), `leased`, `idle` (its lease ended; kept for its
// client until the range runs out, the one longest idle is given away first), or `aside` (somebody uses it
// whom we did not lease it to).
//
// A quarter of the range is kept from strangers, an eighth from everybody whom we do not know. Offers to
// strangers are few and the oldest gives way to a new one, so that a flood of random MACs takes no address
// from anybody, and one that knows how to boot none from machines that we know.

#include <array>
#include <functional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pxe/dhcp/lease.hpp"

namespace colony::pxe::dhcp {

/// Longest range: what the tables of one subnet can grow to.
inline constexpr std::uint32_t range_limit = 65'536;

struct Subnet {
  core::Ipv4Network network;
  core::Ipv4Address first, last;  // the range, inside the network
  core::Ipv4Address gateway;      // unspecified: none
  std::vector<core::Ipv4Address> dns;
  std::vector<core::Ipv4Address> ntp;
  core::Duration lease_time = std::chrono::hours(1);
};

struct Reservation {
  core::MacAddress mac;
  core::Ipv4Address address;  // inside the network, in the range or not
  std::string hostname;       // empty: none
};

class LeasePool {
 public:
  /// Reservations of other subnets are passed over. `never`: addresses that are ours.
  LeasePool(Subnet subnet, const std::vector<Reservation>& reservations,
            const std::vector<core::Ipv4Address>& never);

  [[nodiscard]] const Subnet& subnet() const { return subnet_; }
  /// Nothing: no reservation.
  [[nodiscard]] const Reservation* reservation(core::MacAddress mac) const;

  /// Whether somebody else uses an address. Asked before an address is first offered to a client; `former`:
  /// who leased it before, if anybody, and may have left traces.
  using InUse = std::function<bool(core::Ipv4Address, std::optional<core::MacAddress> former)>;

  /// The address for a DISCOVER: the client's reservation, its lease, its former lease, its wish, another
  /// one. It is kept for the client for some seconds. Nothing: none is left.
  [[nodiscard]] std::optional<core::Ipv4Address> offer(const LeaseClient& client,
                                                       std::optional<core::Ipv4Address> wish,
                                                       const InUse& in_use, core::BootTime now);

  enum class Grant : std::uint8_t {
    granted,
    taken,      // another client has it, or this client has to use its reservation
    not_ours,   // outside the range and the reservations: another server's, perhaps
    exhausted,  // strangers have had their share
  };
  /// For a REQUEST: the lease begins or goes on for the whole lease time.
  [[nodiscard]] Grant bind(const LeaseClient& client, core::Ipv4Address address, core::BootTime now);

  /// The client's lease, or the one it last had.
  [[nodiscard]] std::optional<core::Ipv4Address> last_lease(core::MacAddress mac) const;
  /// False: it is not this client's.
  [[nodiscard]] bool release(core::MacAddress mac, core::Ipv4Address address, core::BootTime now);
  [[nodiscard]] bool decline(core::MacAddress mac, core::Ipv4Address address, core::BootTime now);
  /// The client chose another server's offer.
  void forget_offer(core::MacAddress mac, core::BootTime now);

  /// From the journal, in the order in which the rows were written; what no longer fits the configuration is
  /// passed over.
  void restore(const LeaseRecord& record, LeaseClient::Standing standing, core::BootTime now,
               core::UtcTime utc_now);

  /// For the journal, after bind, release or decline.
  [[nodiscard]] std::optional<LeaseRecord> record(core::Ipv4Address address, core::BootTime now,
                                                  core::UtcTime utc_now) const;
  /// By address.
  [[nodiscard]] std::vector<LeaseView> leases(core::BootTime now, core::UtcTime utc_now) const;
  /// Set aside, by address.
  [[nodiscard]] std::vector<core::Ipv4Address> set_aside() const;
  /// Addresses that will be offered next, for whoever can look in advance whether somebody uses them.
  [[nodiscard]] std::vector<core::Ipv4Address> next_candidates(std::size_t count) const;

  struct Counts {
    std::size_t addresses = 0, leased = 0, offered = 0, aside = 0;
    std::size_t strangers = 0;        // of leased and offered
    std::size_t newcomers = 0;        // likewise
    std::size_t strangers_share = 0;  // the most that may be
  };
  [[nodiscard]] Counts counts() const;

  /// Ends what has ended; every act does so by itself.
  void sweep(core::BootTime now);

  static constexpr core::Duration offer_time = std::chrono::seconds(10);
  static constexpr core::Duration aside_time = std::chrono::minutes(10);
  static constexpr std::size_t stranger_offers_limit = 1024;  // of newcomers' likewise

 private:
  // `kept`: idle, and by its reservation nobody else's.
  enum class Place : std::uint8_t {
    free,
    idle,
    kept,
    offered,
    offered_to_newcomer,
    offered_to_stranger,
    leased,
    aside,
  };
  static constexpr std::size_t places = 8;
  struct Entry {
    LeaseClient client;
    Place place = Place::free;
    core::BootTime until;     // end of the place; of free and idle: since when
    bool was_leased = false;  // an offer that is not taken up falls back to idle
    bool released = false;    // of idle
  };
  using Entries = std::unordered_map<core::Ipv4Address, Entry>;
  using Queue = std::set<std::pair<core::BootTime, core::Ipv4Address>>;

  [[nodiscard]] Queue& queue(Place place) { return queues_[static_cast<std::size_t>(place)]; }
  [[nodiscard]] const Queue& queue(Place place) const { return queues_[static_cast<std::size_t>(place)]; }
  [[nodiscard]] Entry* find(core::Ipv4Address address);
  [[nodiscard]] const Entry* find(core::Ipv4Address address) const;
  /// The entry that the client's MAC points at.
  [[nodiscard]] std::pair<const core::Ipv4Address, Entry>* entry_of(core::MacAddress mac);

  [[nodiscard]] bool in_range(core::Ipv4Address address) const {
    return subnet_.first <= address && address <= subnet_.last;
  }
  /// Anybody may have it.
  [[nodiscard]] bool shared(core::Ipv4Address address) const {
    return in_range(address) && !reserved_.contains(address);
  }
  /// May this client have this address at all?
  [[nodiscard]] bool allowed(core::MacAddress mac, core::Ipv4Address address) const;
  [[nodiscard]] bool available_to(core::MacAddress mac, const Entry* entry) const;
  /// Of the client, once its reservation counts: that is an operator's word.
  [[nodiscard]] LeaseClient::Standing standing_of(const LeaseClient& client) const;
  [[nodiscard]] bool has_room(LeaseClient::Standing standing) const;
  /// Makes room for one more address in such hands; false: there is none.
  [[nodiscard]] bool admit(LeaseClient::Standing standing, core::BootTime now);
  [[nodiscard]] std::optional<core::Ipv4Address> pick(const InUse& in_use, core::BootTime now);
  [[nodiscard]] std::optional<core::Ipv4Address> next_fresh() const;
  void move(core::Ipv4Address address, Entry& entry, Place place, core::BootTime until);
  void own(core::Ipv4Address address, Entry& entry, const LeaseClient& client);
  /// One machine has one address of a subnet: what it had before is free.
  void give_up_others(core::MacAddress mac, core::Ipv4Address address, core::BootTime now);
  void set_free(core::Ipv4Address address, Entry& entry, core::BootTime now);
  void end_offer(core::Ipv4Address address, Entry& entry, core::BootTime now);
  [[nodiscard]] LeaseRecord record_of(core::Ipv4Address address, const Entry& entry, core::BootTime now,
                                      core::UtcTime utc_now) const;

  Subnet subnet_;
  std::set<core::Ipv4Address> never_;
  std::unordered_map<core::MacAddress, Reservation> reservations_;
  std::unordered_map<core::Ipv4Address, core::MacAddress> reserved_;
  std::size_t addresses_ = 0;  // of the range, that may be handed out to anybody
  Entries entries_;
  std::unordered_map<core::MacAddress, core::Ipv4Address> by_mac_;
  std::array<Queue, places> queues_;
  std::size_t stranger_leases_ = 0;
  std::size_t newcomer_leases_ = 0;
  std::uint32_t fresh_ = 0;  // offset into the range: everything before it has been looked at
};

}  // namespace colony::pxe::dhcp
