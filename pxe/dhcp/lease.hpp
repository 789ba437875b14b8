#pragma once
// A lease as it is journaled and as it is shown.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/evidence/evidence.hpp"

namespace colony::pxe::dhcp {

enum class LeaseState : std::uint8_t {
  bound,     // the client may use the address until `expires`
  released,  // the client gave it back; it gets the same again while nobody else needs it
  declined,  // the client found somebody else using it: not handed out until `expires`
};
std::string_view name(LeaseState state);
[[nodiscard]] std::optional<LeaseState> parse_lease_state(std::string_view text);

/// One row of the journal; `address` is its key.
struct LeaseRecord {
  core::Ipv4Address address;
  core::MacAddress mac;
  core::Bytes client_id;  // option 61 as the client last gave it; empty: none
  std::string hostname;   // of the reservation, else what the client calls itself; printable
  LeaseState state = LeaseState::bound;
  core::UtcTime updated;
  core::UtcTime expires;
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

/// Who asks. The MAC alone is what a lease belongs to: the firmware, iPXE and the operating system of one
/// machine send different client identifiers (or none), and must end up with one address.
struct LeaseClient {
  enum class Standing : std::uint8_t {
    known,     // a machine of ours, see BootPolicy::knows
    newcomer,  // boots through us and is not known yet: a discovery window is open
    stranger,
  };

  core::MacAddress mac;
  core::Bytes client_id;
  std::string hostname;
  Standing standing = Standing::stranger;
  std::optional<core::BootStage> stage;  // nothing: an operating system speaks
};

/// For people.
struct LeaseView {
  LeaseRecord lease;
  LeaseClient::Standing standing = LeaseClient::Standing::stranger;
  std::optional<core::BootStage> stage;
  bool active = false;  // false: expired or released, and still kept for its client
};

}  // namespace colony::pxe::dhcp
