#include "pxe/tftp/packet.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace colony::pxe::tftp {

namespace {

enum class Opcode : std::uint16_t { rrq = 1, wrq = 2, data = 3, ack = 4, error = 5, oack = 6 };

// RFC 2347 bounds a request at 512 bytes; options beyond this many are noise.
constexpr std::size_t request_limit = 512;
constexpr std::size_t mode_limit = 16;
constexpr int option_limit = 16;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char a, char b) { return lower(a) == b; });
}

template <class Number>
std::optional<Number> number_between(std::string_view text, std::uint64_t lowest, std::uint64_t highest) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < lowest || value > highest) {
    return std::nullopt;
  }
  return static_cast<Number>(value);
}

/// The first of a repeated option counts (RFC 2347 forbids repeating); unknown ones are left out.
void read_option(std::string_view option, std::string_view value, RequestOptions& out) {
  if (same(option, "blksize") && !out.block_size) {
    out.block_size = number_between<std::uint16_t>(value, 8, 65464);
  } else if (same(option, "timeout") && !out.timeout) {
    out.timeout = number_between<std::uint8_t>(value, 1, 255);
  } else if (same(option, "windowsize") && !out.window_size) {
    out.window_size = number_between<std::uint16_t>(value, 1, 65535);
  } else if (same(option, "tsize")) {
    out.transfer_size = true;
  }
}

/// File names are looked up in a map, so nothing could be traversed; a name that tries says what it is.
bool acceptable(std::string_view file) {
  if (file.empty() || file.size() > file_name_limit || file.contains("..")) return false;
  return std::ranges::all_of(file, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

}  // namespace

std::string_view name(RequestError error) {
  switch (error) {
    case RequestError::malformed: return "malformed";
    case RequestError::write: return "write";
    case RequestError::not_octet: return "not_octet";
    case RequestError::bad_file_name: return "bad_file_name";
  }
  return "?";
}

std::expected<ReadRequest, RequestError> parse_request(core::ByteView datagram) {
  core::ByteReader in(datagram);
  const auto opcode = in.u16be();
  if (opcode == static_cast<std::uint16_t>(Opcode::wrq)) return std::unexpected(RequestError::write);
  if (opcode != static_cast<std::uint16_t>(Opcode::rrq)) return std::unexpected(RequestError::malformed);
  auto file = in.c_string(request_limit);
  const auto mode = in.c_string(mode_limit);
  if (!file || !mode) return std::unexpected(RequestError::malformed);
  if (!same(*mode, "octet")) return std::unexpected(RequestError::not_octet);
  // Some PXE ROMs read option 67 one byte too far and append what they find: 0xff, the END option.
  while (file->ends_with('\xff')) file->remove_suffix(1);
  while (file->starts_with('/')) file->remove_prefix(1);
  if (!acceptable(*file)) return std::unexpected(RequestError::bad_file_name);

  ReadRequest request;
  request.file = *file;
  for (int i = 0; i < option_limit; ++i) {
    const auto option = in.c_string(request_limit);
    const auto value = in.c_string(request_limit);
    // An option without value, or an empty name, is the padding of a fixed-size datagram.
    if (!option || !value || option->empty()) break;
    read_option(*option, *value, request.options);
  }
  return request;
}

std::optional<PeerPacket> parse_peer_packet(core::ByteView datagram) {
  core::ByteReader in(datagram);
  const auto opcode = in.u16be();
  const auto number = in.u16be();
  if (!number) return std::nullopt;
  if (opcode == static_cast<std::uint16_t>(Opcode::ack)) return Ack{BlockNumber{*number}};
  if (opcode != static_cast<std::uint16_t>(Opcode::error)) return std::nullopt;
  const auto text = core::as_text(in.rest());
  return PeerError{static_cast<ErrorCode>(*number), text.substr(0, text.find('\0'))};
}

namespace {

OptionAck read_option_ack(core::ByteReader& in) {
  OptionAck agreed;
  for (int i = 0; i < option_limit; ++i) {
    const auto option = in.c_string(request_limit);
    const auto value = in.c_string(request_limit);
    if (!option || !value || option->empty()) break;
    if (same(*option, "blksize")) agreed.block_size = number_between<std::uint16_t>(*value, 8, 65464);
    if (same(*option, "tsize")) {
      agreed.transfer_size =
          number_between<std::uint64_t>(*value, 0, std::numeric_limits<std::uint64_t>::max());
    }
  }
  return agreed;
}

}  // namespace

std::optional<ServerPacket> parse_server_packet(core::ByteView datagram) {
  core::ByteReader in(datagram);
  const auto opcode = in.u16be();
  if (opcode == static_cast<std::uint16_t>(Opcode::oack)) return read_option_ack(in);
  const auto number = in.u16be();
  if (!number) return std::nullopt;
  if (opcode == static_cast<std::uint16_t>(Opcode::data)) return Data{BlockNumber{*number}, in.rest()};
  if (opcode != static_cast<std::uint16_t>(Opcode::error)) return std::nullopt;
  const auto text = core::as_text(in.rest());
  return PeerError{static_cast<ErrorCode>(*number), text.substr(0, text.find('\0'))};
}

core::Bytes encode_read_request(std::string_view file, const OackOptions& options) {
  core::ByteWriter out(request_limit);
  out.u16be(static_cast<std::uint16_t>(Opcode::rrq));
  for (const auto text : {file, std::string_view("octet")}) {
    out.text(text);
    out.u8(0);
  }
  for (const auto& [option, value] : options) {
    out.text(option);
    out.u8(0);
    out.text(fmt::format("{}", value));
    out.u8(0);
  }
  return std::move(out).finish();
}

std::array<core::Byte, 4> encode_ack(BlockNumber block) {
  return {0, static_cast<core::Byte>(Opcode::ack), static_cast<core::Byte>(block.value >> 8),
          static_cast<core::Byte>(block.value & 0xff)};
}

core::Bytes encode_oack(const OackOptions& options) {
  core::ByteWriter out(request_limit);
  out.u16be(static_cast<std::uint16_t>(Opcode::oack));
  for (const auto& [option, value] : options) {
    out.text(option);
    out.u8(0);
    out.text(fmt::format("{}", value));
    out.u8(0);
  }
  return std::move(out).finish();
}

core::Bytes encode_error(ErrorCode code, std::string_view text) {
  core::ByteWriter out(request_limit);
  out.u16be(static_cast<std::uint16_t>(Opcode::error));
  out.u16be(static_cast<std::uint16_t>(code));
  out.text(text);
  out.u8(0);
  return std::move(out).finish();
}

std::array<core::Byte, data_header_size> data_header(BlockNumber block) {
  return {0, static_cast<core::Byte>(Opcode::data), static_cast<core::Byte>(block.value >> 8),
          static_cast<core::Byte>(block.value & 0xff)};
}

}  // namespace colony::pxe::tftp
