#include "daemon/init/address_probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <variant>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "daemon/address/arp.hpp"

namespace colony::daemon {

namespace {

using core::Result;

constexpr std::uint16_t ether_type_arp = 0x0806;
constexpr std::size_t frame_limit = 256;  // no ARP frame is longer

/// Sends the probes that are due. The first conflict among the actions, if there is one.
Result<std::optional<core::MacAddress>> perform(const core::FileDescriptor& socket,
                                                const std::string& interface, const ClaimActions& actions) {
  for (const ClaimAction& action : actions) {
    if (const auto* conflict = std::get_if<Conflict>(&action)) return conflict->other;
    const auto* send = std::get_if<SendArp>(&action);
    // A probe names no sender: what is announced after a claim is not ours to send.
    if (send == nullptr || !send->packet.sender_ip.is_unspecified()) continue;
    const core::Bytes frame = encode_arp_frame(send->packet);
    const ssize_t sent = ::send(socket.get(), frame.data(), frame.size(), 0);
    if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
      return core::fail_errno("address.send", fmt::format("ARP on {}", interface), errno);
    }
  }
  return std::nullopt;
}

/// The next ARP frame by `deadline`; nothing when none came.
std::optional<ArpPacket> next_frame(const core::FileDescriptor& socket, core::BootTime deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - core::system_boot_time()).count();
    pollfd readable{.fd = socket.get(), .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(std::min<std::int64_t>(left, 10'000))) == 0) {
      return std::nullopt;
    }
    std::array<core::Byte, frame_limit> buffer{};
    const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) continue;  // another reader's, a signal: the deadline ends this
    const auto packet = decode_arp_frame(core::ByteView(buffer).first(static_cast<std::size_t>(size)));
    if (packet) return *packet;
  }
}

}  // namespace

Result<AddressProbe::Answer> SystemAddressProbe::ask(const core::InterfaceState& interface,
                                                     core::Ipv4Address address) {
  if (!interface.carrier) return Answer{std::nullopt, fmt::format("{} has no link", interface.name)};
  const auto socket = sockets_.packet({.interface = interface.name, .ether_type = ether_type_arp});
  if (!socket && socket.error().code == "net.permission") return Answer{std::nullopt, "that needs root"};
  if (!socket) return std::unexpected(socket.error());
  Claim claim(interface.mac, address, timing_);
  ClaimActions actions = claim.begin(core::system_boot_time(), random_);
  for (;;) {
    const auto other = perform(*socket, interface.name, actions);
    if (!other) return std::unexpected(other.error());
    if (*other) return Answer{*other, ""};
    if (claim.state() != Claim::State::probing) return Answer{};
    const auto packet = next_frame(*socket, claim.deadline());
    const auto now = core::system_boot_time();
    actions = packet ? claim.on_arp(*packet, now) : claim.on_deadline(now, random_);
  }
}

}  // namespace colony::daemon
