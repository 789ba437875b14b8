#include "drivers/ipmi/record.hpp"

namespace colony::drivers::ipmi {

namespace {

constexpr std::size_t rmcp_header = 4;
constexpr std::uint8_t next_header = 0x07;

/// Message, then 01h 02h 03h ..., then the count of those, to a whole number of blocks.
core::Bytes pad_for_cipher(core::ByteView message) {
  core::Bytes padded(message.begin(), message.end());
  const std::size_t pad = (AesKey::block - (message.size() + 1) % AesKey::block) % AesKey::block;
  for (std::size_t i = 1; i <= pad; ++i) padded.push_back(static_cast<core::Byte>(i));
  padded.push_back(static_cast<core::Byte>(pad));
  return padded;
}

std::expected<core::Bytes, IpmiError> strip_padding(core::Bytes padded) {
  const std::size_t pad = padded.back();
  if (pad >= AesKey::block || pad + 1 > padded.size()) return std::unexpected(IpmiError::bad_padding);
  const std::size_t message = padded.size() - 1 - pad;
  for (std::size_t i = 0; i < pad; ++i) {
    if (padded[message + i] != i + 1) return std::unexpected(IpmiError::bad_padding);
  }
  padded.resize(message);
  return padded;
}

}  // namespace

core::Bytes seal(const SessionKeys& keys, const RecordHeader& header, core::ByteView message,
                 const AesKey::Block& iv, PayloadType type) {
  const core::Bytes cipher_text = keys.confidentiality.encrypt(iv, pad_for_cipher(message));
  core::ByteWriter out(max_datagram);
  out.u32be(0x0600ff07);  // RMCP version 6, no acknowledgement, class IPMI
  out.u8(0x06);           // RMCP+ session header
  out.u8(static_cast<std::uint8_t>(0xc0 | static_cast<unsigned>(type)));  // encrypted and authenticated
  out.u32le(header.session_id);
  out.u32le(header.sequence);
  out.u16le(static_cast<std::uint16_t>(iv.size() + cipher_text.size()));
  out.bytes(iv);
  out.bytes(cipher_text);
  // Integrity pad: what the code covers is a multiple of four bytes, pad length and next header included.
  const std::size_t covered = out.size() - rmcp_header + 2;
  const std::size_t pad = (4 - covered % 4) % 4;
  out.fill(pad, 0xff);
  out.u8(static_cast<std::uint8_t>(pad));
  out.u8(next_header);
  const Digest code = keys.integrity.mac({out.view().subspan(rmcp_header)});
  out.bytes(code.first(integrity_length(keys.suite)));
  return std::move(out).finish();
}

std::expected<core::Bytes, IpmiError> unseal(const SessionKeys& keys, const Packet& packet) {
  if (!packet.encrypted || !packet.authenticated || packet.header != HeaderKind::v20) {
    return std::unexpected(IpmiError::unprotected);
  }
  const std::size_t code_length = integrity_length(keys.suite);
  if (packet.tail.size() < code_length + 2) return std::unexpected(IpmiError::truncated);
  const core::ByteView covered = packet.covered.first(packet.covered.size() - code_length);
  const core::ByteView code = packet.covered.last(code_length);
  if (!equal_codes(keys.integrity.mac({covered}).first(code_length), code)) {
    return std::unexpected(IpmiError::bad_integrity);
  }
  // The pad's own bytes are not looked at: BMCs differ there, and the code covers them.
  const core::ByteView trailer = packet.tail.first(packet.tail.size() - code_length);
  const std::size_t pad = trailer[trailer.size() - 2];
  if (pad + 2 != trailer.size()) return std::unexpected(IpmiError::bad_padding);
  if (packet.type != PayloadType::ipmi && packet.type != PayloadType::sol)
    return std::unexpected(IpmiError::bad_payload);
  if (packet.payload.size() < 2 * AesKey::block) return std::unexpected(IpmiError::truncated);
  auto plain = keys.confidentiality.decrypt(packet.payload.first(AesKey::block),
                                            packet.payload.subspan(AesKey::block));
  if (!plain) return std::unexpected(IpmiError::bad_padding);
  return strip_padding(std::move(*plain));
}

}  // namespace colony::drivers::ipmi
