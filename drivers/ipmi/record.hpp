#pragma once
// Payload protection inside a session: AES-CBC-128 (IPMI 2.0 section 13.29) and the integrity trailer
// (sections 13.28.4, 13.6). Each datagram is encrypted and authenticated, or it is dropped.

#include <expected>

#include "drivers/ipmi/crypto.hpp"
#include "drivers/ipmi/packet.hpp"

namespace colony::drivers::ipmi {

/// K1 and K2 of one session (section 13.32), ready for use.
struct SessionKeys {
  SessionKeys(CipherSuite chosen, core::ByteView k1, core::ByteView k2)
      : suite(chosen), integrity(chosen, k1), confidentiality(k2) {}
  CipherSuite suite;
  HmacKey integrity;
  AesKey confidentiality;
};

struct RecordHeader {
  std::uint32_t session_id = 0;  // the receiver's
  std::uint32_t sequence = 0;
};

/// One datagram that carries `message` as a payload of a session (IPMI, SOL). `iv` is random and new for
/// every datagram.
[[nodiscard]] core::Bytes seal(const SessionKeys& keys, const RecordHeader& header, core::ByteView message,
                               const AesKey::Block& iv, PayloadType type = PayloadType::ipmi);

/// The payload inside a packet of this session, IPMI or SOL; checks the code before it looks at anything
/// else.
[[nodiscard]] std::expected<core::Bytes, IpmiError> unseal(const SessionKeys& keys, const Packet& packet);

}  // namespace colony::drivers::ipmi
