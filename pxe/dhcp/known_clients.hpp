#pragma once
// The answer to "whose address is this?" in production: what DHCP taught us, else the kernel's neighbour
// table, and in either case only machines that the policy serves now.

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/client_addresses.hpp"
#include "pxe/dhcp/learned_addresses.hpp"

namespace colony::pxe::dhcp {

/// Who answered ARP for an address on our link.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  [[nodiscard]] virtual std::optional<core::MacAddress> mac_of(core::Ipv4Address address) const = 0;
  /// The same, of somebody who proved to be there within the last minute.
  [[nodiscard]] virtual std::optional<core::MacAddress> answering(core::Ipv4Address address) const = 0;
  /// Has the kernel ask who has the address; answering() knows a moment later. A wish: it may be dropped.
  virtual void ask(core::Ipv4Address address) const = 0;
};

/// The kernel's table of one interface, one entry at a time (RTM_GETNEIGH).
class KernelNeighbours final : public Neighbours {
 public:
  /// Errors: net.interface, net.netlink.
  [[nodiscard]] static core::Result<KernelNeighbours> open(const std::string& interface);
  [[nodiscard]] std::optional<core::MacAddress> mac_of(core::Ipv4Address address) const override;
  [[nodiscard]] std::optional<core::MacAddress> answering(core::Ipv4Address address) const override;
  /// Needs CAP_NET_ADMIN (RTM_NEWNEIGH); without it nothing is asked.
  void ask(core::Ipv4Address address) const override;

 private:
  struct Found {
    std::optional<core::MacAddress> mac;
    bool reachable = false;
  };
  [[nodiscard]] Found look_up(core::Ipv4Address address) const;
  KernelNeighbours(core::FileDescriptor netlink, int interface_index)
      : netlink_(std::move(netlink)), interface_index_(interface_index) {}
  core::FileDescriptor netlink_;
  int interface_index_;
};

class KnownClients final : public ClientAddresses {
 public:
  /// All three outlive this object.
  KnownClients(const LearnedAddresses& learned, const Neighbours& neighbours, const BootPolicy& policy)
      : learned_(learned), neighbours_(neighbours), policy_(policy) {}
  [[nodiscard]] std::optional<core::MacAddress> find(core::Ipv4Address address) const override;
  /// The neighbour table first: who answers ARP on our link is harder to play than a MAC in a DHCP message.
  /// What DHCP taught counts for peers behind a router only, who have no entry there.
  [[nodiscard]] std::optional<core::MacAddress> holder(core::Ipv4Address address) const override;

 private:
  const LearnedAddresses& learned_;
  const Neighbours& neighbours_;
  const BootPolicy& policy_;
};

}  // namespace colony::pxe::dhcp
