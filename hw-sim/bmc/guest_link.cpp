#include "hw-sim/bmc/guest_link.hpp"

#include <array>
#include <charconv>
#include <cstdio>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace colony::hw_sim {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr core::Duration again_after = 100ms;  // nobody listens: the machine is off
constexpr core::Duration look_for_room = 5ms;
constexpr std::size_t piece = 4096;

std::string_view word_of(drivers::BootDevice device) {
  switch (device) {
    case drivers::BootDevice::none: return "default";
    case drivers::BootDevice::pxe: return "pxe";
    case drivers::BootDevice::disk: return "default";
    case drivers::BootDevice::cdrom: return "cdrom";
    case drivers::BootDevice::bios_setup: return "bios";
  }
  return "default";
}

asio::generic::stream_protocol::endpoint endpoint_of(const SerialPlace& place) {
  if (const auto* const local = std::get_if<UnixPlace>(&place)) {
    return asio::local::stream_protocol::endpoint(local->path);
  }
  const auto& [address, port] = std::get<TcpPlace>(place);
  return asio::ip::tcp::endpoint(asio::ip::address_v4(address.value()), port);
}

}  // namespace

std::optional<SerialPlace> parse_serial_place(std::string_view text) {
  constexpr std::string_view local = "unix:", tcp = "tcp:";
  constexpr std::size_t longest_path = 107;  // sockaddr_un
  if (text.starts_with(local)) {
    text.remove_prefix(local.size());
    if (text.empty() || text.size() > longest_path) return std::nullopt;
    return UnixPlace{std::string(text)};
  }
  if (!text.starts_with(tcp)) return std::nullopt;
  text.remove_prefix(tcp.size());
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = core::Ipv4Address::parse(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!address || port == 0 || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return TcpPlace{*address, port};
}

struct GuestLink::Wire {
  Wire(core::Timers& with, SerialPlace where, SerialPort& to)
      : timers(with), place(std::move(where)), port(to), socket(with.executor()), pause(with), tasks(with) {}

  core::Timers& timers;
  SerialPlace place;
  SerialPort& port;
  asio::generic::stream_protocol::socket socket;
  core::Wakeup pause;
  core::TaskGroup tasks;
};

GuestLink::GuestLink(core::Timers& timers, std::optional<SerialPlace> serial, std::string program)
    : program_(std::move(program)) {
  if (!serial) return;
  wire_ = std::make_unique<Wire>(timers, std::move(*serial), serial_);
  // A key is a few bytes; what a closed or stuffed socket does not take is lost, as on a real line. A break
  // has no form in a byte stream.
  serial_.set_machine(
      [wire = wire_.get()](std::string_view typed) {
        boost::system::error_code ignored;
        wire->socket.write_some(asio::buffer(typed), ignored);
      },
      [] {});
}

GuestLink::~GuestLink() = default;

void GuestLink::start() {
  if (wire_) wire_->tasks.spawn("guest.serial", carry(*wire_));
}

core::Task<> GuestLink::close() {
  if (!wire_) co_return;
  wire_->tasks.cancel();
  co_await wire_->tasks.join();
}

core::Task<> GuestLink::carry(Wire& wire) {
  constexpr auto answer = asio::as_tuple(asio::use_awaitable);
  std::array<char, piece> buffer{};
  for (;;) {
    wire.socket = asio::generic::stream_protocol::socket(wire.timers.executor());
    const auto [refused] = co_await wire.socket.async_connect(endpoint_of(wire.place), answer);
    while (!refused) {
      // The line is slower than the machine: that waits, as at a UART with flow control.
      while (wire.port.room() < piece)
        (void)co_await wire.pause.wait_until(wire.timers.now() + look_for_room);
      const auto [ended, size] = co_await wire.socket.async_read_some(asio::buffer(buffer), answer);
      if (ended) break;
      wire.port.print({buffer.data(), size});
    }
    (void)co_await wire.pause.wait_until(wire.timers.now() + again_after);
  }
}

/// What the program says. It must return at once: the BMC answers nobody meanwhile.
std::string GuestLink::ask(std::string_view words) const {
  const std::string command = fmt::format("'{}' {}", program_, words);
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::array<char, 256> buffer{};
  const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe);
  (void)::pclose(pipe);
  return {buffer.data(), size};
}

core::PowerState GuestLink::power() const {
  if (program_.empty()) return power_;
  return ask("get power").starts_with("power:1") ? core::PowerState::on : core::PowerState::off;
}

void GuestLink::act(drivers::PowerAction action) {
  using drivers::PowerAction;
  const bool off = action == PowerAction::off || action == PowerAction::soft_off;
  const bool restart = action == PowerAction::cycle || action == PowerAction::reset;
  if (restart && power() == core::PowerState::off) return;
  power_ = off ? core::PowerState::off : core::PowerState::on;
  if (!program_.empty()) (void)ask(restart ? "set reset 1" : off ? "set power 0" : "set power 1");
}

void GuestLink::set_boot_device(const drivers::BootDeviceSetting& setting) {
  boot_device_ = setting;
  if (!program_.empty()) (void)ask(fmt::format("set boot {}", word_of(setting.device)));
}

}  // namespace colony::hw_sim
