#pragma once
// One transfer's way to its client. Usually a socket of its own, whose port is the server's TID (RFC 1350
// section 4). Behind firewalls that let only port 69 through, the server's one socket: then the server sorts
// what comes in by address and port.

#include <memory>
#include <variant>

#include "core/async/mailbox.hpp"
#include "core/net/privileged.hpp"
#include "pxe/net/datagram_socket.hpp"
#include "pxe/tftp/packet.hpp"

namespace colony::pxe::tftp {

struct TimePassed {};
struct ClientEnds {};  // its ERROR packet, or an ICMP answer: nobody listens there any more; or end()
using Heard = std::variant<TimePassed, Ack, ClientEnds>;

class TransferLine {
 public:
  virtual ~TransferLine() = default;
  /// What the kernel does not take counts as lost: the timer sends it again.
  virtual void send(core::ByteView head, core::ByteView body) = 0;
  /// What the client sends next, or that the deadline passed. Others get their turns, however much it sends.
  [[nodiscard]] virtual core::Task<Heard> next(core::BootTime deadline) = 0;
  /// The client has gone on to something else: nothing is sent any more, and after what has come already
  /// next() says ClientEnds.
  virtual void end() = 0;
};

/// A socket of its own, at a port of the kernel's choice. Errors: net.*.
[[nodiscard]] core::Result<std::unique_ptr<TransferLine>> open_own_line(core::Privileged& privileged,
                                                                        core::Timers& timers,
                                                                        const core::UdpBind& bind,
                                                                        UdpPeer client);

/// Over the server's socket, which outlives the line.
class SharedLine final : public TransferLine {
 public:
  SharedLine(core::Timers& timers, DatagramSocket& socket, UdpPeer client)
      : socket_(socket), client_(client), heard_(timers, most_queued) {}

  void send(core::ByteView head, core::ByteView body) override;
  [[nodiscard]] core::Task<Heard> next(core::BootTime deadline) override;
  void end() override;
  /// A datagram of this client. More than the queue holds is lost, as on a wire.
  void on_datagram(core::ByteView bytes);

 private:
  static constexpr std::size_t most_queued = 64;

  DatagramSocket& socket_;
  UdpPeer client_;
  core::Mailbox<Heard> heard_;
  bool ended_ = false;
};

}  // namespace colony::pxe::tftp
