#include "pxe/tftp/transfer_line.hpp"

#include <array>

namespace colony::pxe::tftp {

namespace {

constexpr std::size_t datagram_limit = 1024;
constexpr int burst = 64;

Heard heard_in(const PeerPacket& packet) {
  if (const auto* ack = std::get_if<Ack>(&packet)) return *ack;
  return ClientEnds{};
}

class OwnLine final : public TransferLine {
 public:
  OwnLine(core::Timers& timers, core::FileDescriptor fd) : socket_(timers, std::move(fd)) {}

  [[nodiscard]] core::Result<> connect(UdpPeer client) { return socket_.connect(client); }
  void send(core::ByteView head, core::ByteView body) override {
    if (!ended_) (void)socket_.send(head, body);
  }
  void end() override {
    ended_ = true;
    socket_.wake();
  }

  [[nodiscard]] core::Task<Heard> next(core::BootTime deadline) override {
    std::array<core::Byte, datagram_limit> buffer{};
    for (;;) {
      const bool others_first = ++in_a_row_ % burst == 0;
      core::Result<std::optional<DatagramSocket::Received>> received;
      if (!others_first) received = socket_.receive(buffer);
      if (!received) co_return ClientEnds{};
      if (const auto& datagram = *received) {
        const auto packet = parse_peer_packet(datagram->bytes);
        if (packet) co_return heard_in(*packet);
      } else if (ended_ && !others_first) {
        co_return ClientEnds{};
      } else if (const bool readable = co_await socket_.readable_until(deadline); !readable) {
        co_return TimePassed{};
      }
    }
  }

 private:
  DatagramSocket socket_;
  int in_a_row_ = 0;
  bool ended_ = false;
};

}  // namespace

core::Result<std::unique_ptr<TransferLine>> open_own_line(core::Privileged& privileged, core::Timers& timers,
                                                          const core::UdpBind& bind, UdpPeer client) {
  auto fd = privileged.udp(bind);
  if (!fd) return std::unexpected(fd.error());
  auto line = std::make_unique<OwnLine>(timers, std::move(*fd));
  if (const auto connected = line->connect(client); !connected) return std::unexpected(connected.error());
  return line;
}

void SharedLine::send(core::ByteView head, core::ByteView body) {
  if (!ended_) (void)socket_.send_to(client_, head, body);
}

void SharedLine::end() {
  ended_ = true;
  (void)heard_.try_push(ClientEnds{});  // full: somebody is awake, and finds it empty later
}

core::Task<Heard> SharedLine::next(core::BootTime deadline) {
  if (ended_ && heard_.size() == 0) co_return ClientEnds{};
  const auto heard = co_await heard_.pop_until(deadline);
  co_return heard.value_or(Heard(TimePassed{}));
}

void SharedLine::on_datagram(core::ByteView bytes) {
  if (const auto packet = parse_peer_packet(bytes)) (void)heard_.try_push(heard_in(*packet));
}

}  // namespace colony::pxe::tftp
