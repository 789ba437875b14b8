#include "pxe/dhcp/message.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace colony::pxe::dhcp {

namespace {

constexpr std::uint32_t magic_cookie = 0x63825363;  // RFC 2131 section 3
constexpr std::size_t server_name_size = 64;
constexpr std::size_t file_size = 128;
constexpr std::size_t chaddr_size = 16;
constexpr std::size_t fixed_size = 240;  // up to and with the cookie
constexpr std::size_t minimum_size = 300;
constexpr std::uint16_t broadcast_flag = 0x8000;

std::string field_text(core::ByteView field) {
  const auto end = std::ranges::find(field, core::Byte{0});
  return {field.begin(), end};
}

void write_field(core::ByteWriter& out, std::string_view text, std::size_t size) {
  assert(text.size() < size);
  out.text(text);
  out.fill(size - text.size(), 0);
}

core::Ipv4Address read_address(core::ByteReader& in) {
  return core::Ipv4Address(in.u32be().value_or(0));
}

/// Options in order of RFC 3396 section 5: options field, then file, then sname.
std::expected<void, DecodeError> read_options(core::ByteView options_field, core::ByteView sname,
                                              core::ByteView file, Message& message) {
  const auto read = [&message](core::ByteView field) -> std::expected<void, DecodeError> {
    if (!decode_options(field, message.options)) return std::unexpected(DecodeError::truncated_option);
    return {};
  };
  if (const auto done = read(options_field); !done) return done;
  std::uint8_t overload = 0;
  if (message.options.has(OptionCode::overload)) {
    overload = message.options.find_u8(OptionCode::overload).value_or(0);
    if (overload < 1 || overload > 3) return std::unexpected(DecodeError::bad_overload);
  }
  if ((overload & 1) != 0) {
    if (const auto done = read(file); !done) return done;
  } else {
    message.file = field_text(file);
  }
  if ((overload & 2) != 0) {
    if (const auto done = read(sname); !done) return done;
  } else {
    message.server_name = field_text(sname);
  }
  return {};
}

}  // namespace

std::string_view name(MessageType type) {
  switch (type) {
    case MessageType::discover: return "DISCOVER";
    case MessageType::offer: return "OFFER";
    case MessageType::request: return "REQUEST";
    case MessageType::decline: return "DECLINE";
    case MessageType::ack: return "ACK";
    case MessageType::nak: return "NAK";
    case MessageType::release: return "RELEASE";
    case MessageType::inform: return "INFORM";
  }
  return "?";
}

std::string_view name(DecodeError error) {
  switch (error) {
    case DecodeError::too_short: return "too_short";
    case DecodeError::too_long: return "too_long";
    case DecodeError::bad_operation: return "bad_operation";
    case DecodeError::not_ethernet: return "not_ethernet";
    case DecodeError::bad_mac: return "bad_mac";
    case DecodeError::no_cookie: return "no_cookie";
    case DecodeError::truncated_option: return "truncated_option";
    case DecodeError::bad_overload: return "bad_overload";
    case DecodeError::no_message_type: return "no_message_type";
    case DecodeError::bad_message_type: return "bad_message_type";
  }
  return "?";
}

std::expected<Message, DecodeError> decode(core::ByteView datagram) {
  if (datagram.size() < fixed_size) return std::unexpected(DecodeError::too_short);
  if (datagram.size() > message_limit) return std::unexpected(DecodeError::too_long);
  core::ByteReader in(datagram);
  Message message;
  const auto operation = in.u8().value_or(0);
  if (operation != 1 && operation != 2) return std::unexpected(DecodeError::bad_operation);
  message.operation = static_cast<Operation>(operation);
  const auto hardware_type = in.u8().value_or(0);
  const auto hardware_length = in.u8().value_or(0);
  if (hardware_type != 1 || hardware_length != 6) return std::unexpected(DecodeError::not_ethernet);
  message.hops = in.u8().value_or(0);
  message.xid = Xid{in.u32be().value_or(0)};
  message.seconds = in.u16be().value_or(0);
  message.broadcast = (in.u16be().value_or(0) & broadcast_flag) != 0;
  message.client = read_address(in);
  message.your = read_address(in);
  message.server = read_address(in);
  message.gateway = read_address(in);
  const auto chaddr = in.take(chaddr_size).value_or(core::ByteView{});
  core::MacAddress::Octets octets{};
  std::copy_n(chaddr.begin(), octets.size(), octets.begin());
  message.mac = core::MacAddress(octets);
  if (message.mac.is_zero() || message.mac.is_group()) return std::unexpected(DecodeError::bad_mac);
  const auto sname = in.take(server_name_size).value_or(core::ByteView{});
  const auto file = in.take(file_size).value_or(core::ByteView{});
  if (in.u32be() != magic_cookie) return std::unexpected(DecodeError::no_cookie);

  if (const auto done = read_options(in.rest(), sname, file, message); !done) {
    return std::unexpected(done.error());
  }
  const auto type = message.options.find_u8(OptionCode::message_type);
  if (!type) return std::unexpected(DecodeError::no_message_type);
  if (*type < 1 || *type > 8) return std::unexpected(DecodeError::bad_message_type);
  message.type = static_cast<MessageType>(*type);
  message.options.remove(OptionCode::message_type);
  message.options.remove(OptionCode::overload);
  return message;
}

core::Bytes encode(const Message& message) {
  core::ByteWriter out(message_limit);
  out.u8(static_cast<std::uint8_t>(message.operation));
  out.u8(1);  // htype: Ethernet
  out.u8(6);  // hlen
  out.u8(message.hops);
  out.u32be(message.xid.value);
  out.u16be(message.seconds);
  out.u16be(message.broadcast ? broadcast_flag : 0);
  out.u32be(message.client.value());
  out.u32be(message.your.value());
  out.u32be(message.server.value());
  out.u32be(message.gateway.value());
  out.bytes(message.mac.octets());
  out.fill(chaddr_size - message.mac.octets().size(), 0);
  write_field(out, message.server_name, server_name_size);
  write_field(out, message.file, file_size);
  out.u32be(magic_cookie);
  out.u8(static_cast<std::uint8_t>(OptionCode::message_type));
  out.u8(1);
  out.u8(static_cast<std::uint8_t>(message.type));
  encode_options(message.options, out);
  assert(out.ok());
  if (out.size() < minimum_size) out.fill(minimum_size - out.size(), 0);
  return std::move(out).finish();
}

}  // namespace colony::pxe::dhcp
