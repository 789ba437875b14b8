#pragma once
// The DHCPv4 message (RFC 2131 section 2) as a value. decode() takes anything; what it returns is
// well-formed: Ethernet, one unicast client address, a known message type, options joined across the file and
// sname fields (options 52, RFC 2131 section 4.1).

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "pxe/dhcp/options.hpp"

namespace colony::pxe::dhcp {

inline constexpr std::uint16_t server_port = 67;
inline constexpr std::uint16_t client_port = 68;
inline constexpr std::uint16_t pxe_port = 4011;  // PXE 2.1: boot servers and ProxyDHCP beside a DHCP server

/// Longest datagram we look at: an Ethernet frame's worth. Longer ones are fragments somebody glued.
inline constexpr std::size_t message_limit = 1472;

enum class Operation : std::uint8_t { request = 1, reply = 2 };

enum class MessageType : std::uint8_t {
  discover = 1,
  offer = 2,
  request = 3,
  decline = 4,
  ack = 5,
  nak = 6,
  release = 7,
  inform = 8,
};
std::string_view name(MessageType type);

/// Transaction id, chosen by the client.
struct Xid {
  std::uint32_t value = 0;
  friend bool operator==(const Xid&, const Xid&) = default;
};

struct Message {
  Operation operation = Operation::request;
  MessageType type = MessageType::discover;
  Xid xid;
  std::uint8_t hops = 0;
  std::uint16_t seconds = 0;
  bool broadcast = false;     // flags bit 15: the client cannot receive unicast yet
  core::Ipv4Address client;   // ciaddr
  core::Ipv4Address your;     // yiaddr
  core::Ipv4Address server;   // siaddr: the next server
  core::Ipv4Address gateway;  // giaddr: the relay
  core::MacAddress mac;       // chaddr
  std::string server_name;    // sname, when it is not overloaded with options
  std::string file;           // file, likewise
  Options options;            // all but message_type and overload, which the fields above carry

  friend bool operator==(const Message&, const Message&) = default;
};

enum class DecodeError : std::uint8_t {
  too_short,         // less than the fixed header and the magic cookie
  too_long,          // more than message_limit
  bad_operation,     // neither BOOTREQUEST nor BOOTREPLY
  not_ethernet,      // htype 1 and hlen 6 are all we speak
  bad_mac,           // chaddr is zero or a group address
  no_cookie,         // plain BOOTP or not DHCP at all
  truncated_option,  // an option runs past its field
  bad_overload,      // option 52 is not 1, 2 or 3
  no_message_type,   // option 53 is missing or not one byte
  bad_message_type,  // option 53 has a value we do not know
};
inline constexpr std::size_t decode_error_count = 10;
std::string_view name(DecodeError error);

[[nodiscard]] std::expected<Message, DecodeError> decode(core::ByteView datagram);

/// At least 300 bytes long (RFC 951: what old relays and clients insist on). sname and file must fit their
/// fields (63 and 127 characters): the reply builder sees to it.
[[nodiscard]] core::Bytes encode(const Message& message);

inline constexpr std::size_t server_name_limit = 63;
inline constexpr std::size_t file_limit = 127;

}  // namespace colony::pxe::dhcp
