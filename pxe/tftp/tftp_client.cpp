#include "pxe/tftp/tftp_client.hpp"

#include <array>

#include "pxe/net/datagram_socket.hpp"

namespace colony::pxe::tftp {

namespace {

constexpr std::size_t datagram_limit = 2048;

/// The transfer's port is the one of the first answer (RFC 1350 section 4).
bool is_of_transfer(const UdpPeer& from, const UdpPeer& server, std::optional<UdpPeer>& transfer) {
  if (from.address != server.address) return false;
  if (!transfer) transfer = from;
  return from == *transfer;
}

}  // namespace

core::Task<core::Result<std::string>> read_file(core::Privileged& privileged, core::Timers& timers,
                                                core::Ipv4Address source, UdpPeer server, ReadWish wish) {
  auto fd = privileged.udp({.interface = "", .address = source});
  if (!fd) co_return std::unexpected(fd.error());
  DatagramSocket socket(timers, std::move(*fd));
  Reader reader(std::move(wish));
  std::optional<UdpPeer> transfer;
  std::array<core::Byte, datagram_limit> buffer{};
  Reader::Step step = reader.start(timers.now());
  for (;;) {
    if (const auto* failed = std::get_if<core::Error>(&step)) co_return std::unexpected(*failed);
    // What the kernel does not take counts as lost: time sends it again.
    if (const auto* out = std::get_if<Reader::Send>(&step)) {
      (void)socket.send_to(transfer.value_or(server), out->datagram);
    }
    if (std::holds_alternative<Reader::Done>(step)) {
      if (transfer) (void)socket.send_to(*transfer, reader.last_ack());
      co_return reader.bytes();
    }
    step = Reader::Wait{};
    const auto received = socket.receive(buffer).value_or(std::nullopt);
    if (received) {
      if (is_of_transfer(received->from, server, transfer)) {
        step = reader.on_datagram(received->bytes, timers.now());
      }
      continue;
    }
    (void)co_await socket.readable_until(reader.deadline());
    step = reader.on_time(timers.now());
  }
}

}  // namespace colony::pxe::tftp
