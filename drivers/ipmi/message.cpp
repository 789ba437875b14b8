#include "drivers/ipmi/message.hpp"

#include <numeric>

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t bmc_address = 0x20;
constexpr std::uint8_t console_address = 0x81;  // software id 40h, remote console
constexpr std::size_t max_message = 512;
constexpr std::size_t first_part = 3;  // address, network function, checksum

/// The byte that makes the sum of all zero.
std::uint8_t checksum(core::ByteView bytes) {
  const unsigned sum = std::accumulate(bytes.begin(), bytes.end(), 0U);
  return static_cast<std::uint8_t>((0x100U - (sum & 0xffU)) & 0xffU);
}

bool sums_to_zero(core::ByteView bytes) {
  return (std::accumulate(bytes.begin(), bytes.end(), 0U) & 0xffU) == 0;
}

struct Fields {
  std::uint8_t to = 0;
  std::uint8_t net_fn_lun = 0;
  std::uint8_t from = 0;
  std::uint8_t number_lun = 0;
  std::uint8_t code = 0;
};

core::Bytes encode(const Fields& fields, core::ByteView body) {
  core::ByteWriter out(max_message);
  out.u8(fields.to);
  out.u8(fields.net_fn_lun);
  out.u8(checksum(out.view()));
  out.u8(fields.from);
  out.u8(fields.number_lun);
  out.u8(fields.code);
  out.bytes(body);
  out.u8(checksum(out.view().subspan(first_part)));
  return std::move(out).finish();
}

struct Decoded {
  Fields fields;
  core::ByteView body;
};

std::expected<Decoded, IpmiError> decode(core::ByteView message) {
  if (message.size() > max_message) return std::unexpected(IpmiError::trailing_bytes);
  core::ByteReader in(message);
  Decoded out;
  out.fields.to = in.u8().value_or(0);
  out.fields.net_fn_lun = in.u8().value_or(0);
  (void)in.skip(1);
  out.fields.from = in.u8().value_or(0);
  out.fields.number_lun = in.u8().value_or(0);
  out.fields.code = in.u8().value_or(0);
  if (!in.ok() || in.remaining() < 1) return std::unexpected(IpmiError::truncated);
  if (!sums_to_zero(message.first(first_part)) || !sums_to_zero(message.subspan(first_part))) {
    return std::unexpected(IpmiError::bad_checksum);
  }
  out.body = in.rest();
  out.body = out.body.first(out.body.size() - 1);
  return out;
}

}  // namespace

core::Bytes encode_request(const Command& command, RequestNumber number) {
  return encode({.to = bmc_address,
                 .net_fn_lun = static_cast<std::uint8_t>(static_cast<unsigned>(command.net_fn) << 2),
                 .from = console_address,
                 .number_lun = static_cast<std::uint8_t>((number.value & 0x3f) << 2),
                 .code = command.code},
                command.data);
}

std::expected<RequestMessage, IpmiError> decode_request(core::ByteView message) {
  const auto decoded = decode(message);
  if (!decoded) return std::unexpected(decoded.error());
  const Fields& fields = decoded->fields;
  RequestMessage request;
  request.net_fn = static_cast<std::uint8_t>(fields.net_fn_lun >> 2);
  request.lun = fields.net_fn_lun & 3;
  request.number = {static_cast<std::uint8_t>(fields.number_lun >> 2)};
  request.code = fields.code;
  request.data.assign(decoded->body.begin(), decoded->body.end());
  if (fields.to != bmc_address || request.net_fn % 2 != 0) return std::unexpected(IpmiError::unexpected);
  return request;
}

core::Bytes encode_reply(const RequestMessage& request, std::uint8_t completion, core::ByteView data) {
  core::Bytes body{completion};
  body.insert(body.end(), data.begin(), data.end());
  return encode({.to = console_address,
                 .net_fn_lun = static_cast<std::uint8_t>((request.net_fn | 1) << 2),
                 .from = bmc_address,
                 .number_lun = static_cast<std::uint8_t>(request.number.value << 2 | request.lun),
                 .code = request.code},
                body);
}

std::expected<ReplyMessage, IpmiError> decode_reply(core::ByteView message) {
  const auto decoded = decode(message);
  if (!decoded) return std::unexpected(decoded.error());
  if (decoded->body.empty()) return std::unexpected(IpmiError::truncated);
  const Fields& fields = decoded->fields;
  ReplyMessage reply;
  reply.net_fn = static_cast<std::uint8_t>(fields.net_fn_lun >> 2);
  reply.number = {static_cast<std::uint8_t>(fields.number_lun >> 2)};
  reply.code = fields.code;
  reply.completion = decoded->body.front();
  reply.data.assign(decoded->body.begin() + 1, decoded->body.end());
  if (fields.to != console_address || reply.net_fn % 2 != 1) return std::unexpected(IpmiError::unexpected);
  return reply;
}

}  // namespace colony::drivers::ipmi
