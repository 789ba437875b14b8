#pragma once
// The one place where DHCP replies are made, for port 67 and port 4011 and for every kind of client, so that
// no path can forget an option (tinkerbell/smee#210).

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "core/evidence/evidence.hpp"
#include "pxe/boot_urls.hpp"
#include "pxe/dhcp/boot_client.hpp"
#include "pxe/dhcp/lease_pool.hpp"
#include "pxe/dhcp/message.hpp"

namespace colony::pxe::dhcp {

struct ReplyConfig {
  BootServer server;  // its address is server id and next server too
  /// Boot program by architecture (bios_x86, efi_x64, efi_arm64). Not listed: refused by name.
  std::map<core::ClientArch, std::string> nbp = {{core::ClientArch::bios_x86, "undionly.kpxe"},
                                                 {core::ClientArch::efi_x64, "snponly.efi"}};
};

enum class Refusal : std::uint8_t {
  unknown_architecture,  // option 93 names none that we know
  no_boot_program,       // known, but no NBP is configured for it (arm64 without pxe.nbp.arm64)
};
std::string_view name(Refusal refusal);

/// The answer of a proxy to DISCOVER (an OFFER) or to REQUEST on port 4011 (an ACK). Leases nothing: yiaddr
/// stays 0.
[[nodiscard]] std::expected<Message, Refusal> make_proxy_reply(const Message& request,
                                                               const BootClient& client,
                                                               const ReplyConfig& config);

/// What a DHCP server says of an address, beside whose it is.
struct LeaseTerms {
  core::Ipv4Address address;  // unspecified in the answer to INFORM: the client has its address
  const Subnet& subnet;
  std::string hostname;  // empty: none
};

/// The OFFER or ACK of a DHCP server. `client`: a network boot that we serve; then everything that the proxy
/// would say stands in it, too, and no second exchange is necessary.
[[nodiscard]] std::expected<Message, Refusal> make_lease_reply(const Message& request,
                                                               const std::optional<BootClient>& client,
                                                               const LeaseTerms& terms,
                                                               const ReplyConfig& config);

/// RFC 2131 table 3. `why` is for people who watch the wire.
[[nodiscard]] Message make_nak(const Message& request, std::string_view why, const ReplyConfig& config);

}  // namespace colony::pxe::dhcp
