#pragma once
// TFTP packets (RFC 1350) with options (RFC 2347-2349, 7440) as values. Decoders take any bytes.

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/bytes.hpp"

namespace colony::pxe::tftp {

inline constexpr std::uint16_t well_known_port = 69;

/// As it stands on the wire: the file's block number modulo 65536.
struct BlockNumber {
  std::uint16_t value = 0;
  friend bool operator==(const BlockNumber&, const BlockNumber&) = default;
};

enum class ErrorCode : std::uint16_t {
  undefined = 0,
  file_not_found = 1,
  access_violation = 2,
  disk_full = 3,
  illegal_operation = 4,
  unknown_transfer = 5,
  file_exists = 6,
  no_such_user = 7,
  option_refused = 8,  // RFC 2347; also what a client sends that only wanted to know tsize
};

/// Numbers that a client asked for, within the ranges of their RFCs; what is out of range is not here.
struct RequestOptions {
  std::optional<std::uint16_t> block_size;   // blksize, 8..65464
  std::optional<std::uint8_t> timeout;       // seconds, 1..255
  std::optional<std::uint16_t> window_size;  // windowsize, 1..65535
  bool transfer_size = false;                // tsize was asked for
  friend bool operator==(const RequestOptions&, const RequestOptions&) = default;
};

struct ReadRequest {
  std::string file;
  RequestOptions options;
  friend bool operator==(const ReadRequest&, const ReadRequest&) = default;
};

enum class RequestError : std::uint8_t {
  malformed,     // not a request, or without its NULs: no answer
  write,         // WRQ: nothing is ever written here
  not_octet,     // netascii or mail
  bad_file_name  // too long, or with bytes that no boot file has
};
std::string_view name(RequestError error);

/// The longest file name looked at; firmware asks for what we named in DHCP, which is short.
inline constexpr std::size_t file_name_limit = 128;

[[nodiscard]] std::expected<ReadRequest, RequestError> parse_request(core::ByteView datagram);

struct Ack {
  BlockNumber block;
};
struct PeerError {
  ErrorCode code = ErrorCode::undefined;
  std::string_view text;  // into the datagram
};
using PeerPacket = std::variant<Ack, PeerError>;

/// What a reading client sends during a transfer. Bytes after it are ignored: some firmware pads.
[[nodiscard]] std::optional<PeerPacket> parse_peer_packet(core::ByteView datagram);

/// The options we agreed to, in the order in which they are written.
using OackOptions = std::vector<std::pair<std::string_view, std::uint64_t>>;

[[nodiscard]] core::Bytes encode_oack(const OackOptions& options);
[[nodiscard]] core::Bytes encode_error(ErrorCode code, std::string_view text);

inline constexpr std::size_t data_header_size = 4;

// The client's side of the same wire (reader.hpp).

struct Data {
  BlockNumber block;
  core::ByteView bytes;  // into the datagram
};
/// What the server agreed to; nothing where it did not take the option up.
struct OptionAck {
  std::optional<std::uint16_t> block_size;
  std::optional<std::uint64_t> transfer_size;
};
using ServerPacket = std::variant<Data, OptionAck, PeerError>;

/// What a server sends to a reading client.
[[nodiscard]] std::optional<ServerPacket> parse_server_packet(core::ByteView datagram);

/// Mode octet; `options` in the order in which they are written.
[[nodiscard]] core::Bytes encode_read_request(std::string_view file, const OackOptions& options);
[[nodiscard]] std::array<core::Byte, 4> encode_ack(BlockNumber block);

[[nodiscard]] std::array<core::Byte, data_header_size> data_header(BlockNumber block);

}  // namespace colony::pxe::tftp
