#pragma once
// Who holds a port on this machine: for the sentence that says why ours cannot be had. Linux' /proc only;
// what this process may not see is said as far as it can be seen.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"

namespace colony::core {

struct UdpSocketRow {
  Ipv4Address address;  // unspecified: all
  std::uint16_t port = 0;
  std::uint32_t user = 0;  // uid
  std::uint64_t inode = 0;
  friend bool operator==(const UdpSocketRow&, const UdpSocketRow&) = default;
};

/// The rows of /proc/net/udp or /proc/net/udp6 (of which only wildcard and IPv4-mapped sockets count: the
/// others cannot be in our way). Lines that are none are left out.
[[nodiscard]] std::vector<UdpSocketRow> parse_proc_udp(std::string_view text);

/// The listening sockets of /proc/net/tcp or /proc/net/tcp6, in the same form.
[[nodiscard]] std::vector<UdpSocketRow> parse_proc_tcp_listeners(std::string_view text);

struct PortOwner {
  std::string program;  // "in.tftpd"; empty where other users' processes are hidden from us
  std::uint32_t process = 0;
  std::string user;  // its name, or the number
  /// "in.tftpd (process 412, user root)" or "a program of user root".
  [[nodiscard]] std::string to_string() const;
};

/// Nothing: nobody holds it.
[[nodiscard]] std::optional<PortOwner> udp_port_owner(Ipv4Address address, std::uint16_t port);
/// Who listens there.
[[nodiscard]] std::optional<PortOwner> tcp_port_owner(Ipv4Address address, std::uint16_t port);

}  // namespace colony::core
