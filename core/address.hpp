#pragma once
// Addresses of the link and network layer as values: parsed at the edge, trusted inside.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace colony::core {

/// An Ethernet address. Text form is lower case with colons; parse also takes '-' and bare 12 hex digits.
class MacAddress {
 public:
  using Octets = std::array<std::uint8_t, 6>;
  MacAddress() = default;
  explicit MacAddress(Octets octets) : octets_(octets) {}

  [[nodiscard]] static std::optional<MacAddress> parse(std::string_view text);
  [[nodiscard]] const Octets& octets() const { return octets_; }
  [[nodiscard]] bool is_zero() const { return octets_ == Octets{}; }
  /// Group bit set (IEEE 802): broadcast or multicast, never the address of one machine.
  [[nodiscard]] bool is_group() const { return (octets_[0] & 1) != 0; }
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;

 private:
  Octets octets_{};
};

/// An IPv4 address, held in host order so that arithmetic on it is ordinary.
class Ipv4Address {
 public:
  Ipv4Address() = default;
  explicit Ipv4Address(std::uint32_t host_order) : value_(host_order) {}

  /// Dotted quad only, no leading zeros, no shorthand.
  [[nodiscard]] static std::optional<Ipv4Address> parse(std::string_view text);
  [[nodiscard]] std::uint32_t value() const { return value_; }
  [[nodiscard]] bool is_unspecified() const { return value_ == 0; }
  [[nodiscard]] bool is_loopback() const { return value_ >> 24 == 127; }
  [[nodiscard]] bool is_multicast() const { return value_ >> 28 == 0xe; }
  [[nodiscard]] bool is_broadcast() const { return value_ == 0xffffffffU; }
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;

 private:
  std::uint32_t value_ = 0;
};

/// An address together with its prefix length, as on an interface: 10.1.1.5/24.
struct Ipv4Network {
  Ipv4Address address;
  std::uint8_t prefix_length = 32;  // 0..32

  /// "A.B.C.D/N".
  [[nodiscard]] static std::optional<Ipv4Network> parse(std::string_view text);
  [[nodiscard]] std::uint32_t mask() const {
    return prefix_length == 0 ? 0 : 0xffffffffU << (32 - prefix_length);
  }
  [[nodiscard]] bool contains(Ipv4Address other) const {
    return (other.value() & mask()) == (address.value() & mask());
  }
  [[nodiscard]] Ipv4Address broadcast() const { return Ipv4Address(address.value() | ~mask()); }
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Ipv4Network&, const Ipv4Network&) = default;
};

}  // namespace colony::core

template <>
struct std::hash<colony::core::MacAddress> {
  std::size_t operator()(const colony::core::MacAddress& mac) const noexcept {
    std::uint64_t value = 0;
    for (const auto octet : mac.octets()) value = value << 8 | octet;
    return std::hash<std::uint64_t>{}(value);
  }
};

template <>
struct std::hash<colony::core::Ipv4Address> {
  std::size_t operator()(const colony::core::Ipv4Address& address) const noexcept {
    return std::hash<std::uint32_t>{}(address.value());
  }
};
