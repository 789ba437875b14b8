#include "drivers/ipmi/ipmi_socket.hpp"

#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "drivers/ipmi/packet.hpp"

namespace colony::drivers::ipmi {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

/// Replies of a whole fleet may arrive at once; the default of 208 KiB loses some at about 500.
constexpr int receive_buffer = 4 << 20;

class UdpPort final : public DatagramPort {
 public:
  UdpPort(core::Timers& timers, core::FileDescriptor fd)
      : socket_(timers.executor(), udp::v4(), fd.release()) {
    socket_.non_blocking(true);
  }

  void send(const BmcEndpoint& to, core::ByteView bytes) override {
    boost::system::error_code lost;  // full buffer, no route: retransmission or its end says so
    socket_.send_to(asio::buffer(bytes.data(), bytes.size()),
                    udp::endpoint(asio::ip::address_v4(to.address.value()), to.port), 0, lost);
  }

  core::Task<InboundDatagram> receive() override {
    std::array<core::Byte, max_datagram + 1> buffer{};
    for (;;) {
      udp::endpoint from;
      const auto [error, size] = co_await socket_.async_receive_from(asio::buffer(buffer), from,
                                                                     asio::as_tuple(asio::use_awaitable));
      if (error || !from.address().is_v4()) continue;  // ICMP errors of what we sent
      InboundDatagram datagram;
      datagram.from = {core::Ipv4Address(from.address().to_v4().to_uint()), from.port()};
      datagram.bytes.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
      co_return datagram;
    }
  }

 private:
  udp::socket socket_;
};

}  // namespace

core::Result<std::unique_ptr<DatagramPort>> open_udp_port(core::Timers& timers, core::Privileged& sockets,
                                                          core::Ipv4Address local) {
  auto fd = sockets.udp({.interface = {}, .address = local, .port = 0, .receive_buffer = receive_buffer});
  if (!fd) return std::unexpected(fd.error());
  return std::make_unique<UdpPort>(timers, std::move(*fd));
}

}  // namespace colony::drivers::ipmi
