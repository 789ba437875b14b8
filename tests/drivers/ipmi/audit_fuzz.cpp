// What a BMC can send to the audit: any bytes, at any time. The input is a script: a byte of options, then
// pieces, each a kind, a length and bytes. Most kinds put the bytes behind a right header (session, tag,
// number), so that the decoders behind it are reached; the bytes themselves are the fuzzer's.

#include "core/random.hpp"
#include "drivers/ipmi/audit.hpp"
#include "drivers/ipmi/message.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;

namespace {

constexpr std::uint32_t console_session = 42;

/// What goes out has to be what a BMC can read; and it tells which tag, which request the next answer is to.
class Asked {
 public:
  void look_at(const AuditProbe::Datagrams& datagrams) {
    for (const auto& datagram : datagrams) {
      const auto packet = decode_packet(datagram);
      if (!packet || packet->payload.empty()) __builtin_trap();
      if (packet->type != PayloadType::ipmi) {
        tag = packet->payload[0];
        continue;
      }
      const auto request = decode_request(packet->payload);
      // Nothing is ever done: Get Channel Authentication Capabilities, Get Device ID, Close Session.
      if (!request || (request->code != 0x38 && request->code != 0x01 && request->code != 0x3c)) {
        __builtin_trap();
      }
      last = *request;
    }
  }
  std::uint8_t tag = 0;
  RequestMessage last;
};

core::Bytes behind_tag(std::uint8_t tag, core::ByteView bytes) {
  core::Bytes out{tag};
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

core::Bytes answer(const Asked& asked, core::ByteView bytes) {
  const core::Byte completion = bytes.empty() ? core::Byte{0} : bytes.front();
  return encode_reply(asked.last, completion, bytes.empty() ? bytes : bytes.subspan(1));
}

core::Bytes datagram_of(unsigned kind, const Asked& asked, core::ByteView bytes) {
  switch (kind) {
    case 0: return encode_plain(PayloadType::open_session_response, behind_tag(asked.tag, bytes));
    case 1: return encode_plain(PayloadType::rakp2, behind_tag(asked.tag, bytes));
    case 2: return encode_plain(PayloadType::rakp4, behind_tag(asked.tag, bytes));
    case 3: return encode_plain_v15(answer(asked, bytes));
    case 4: return encode_bare(console_session, 1, answer(asked, bytes));
    case 5: return encode_plain(static_cast<PayloadType>(bytes.empty() ? 0 : bytes[0] & 0x3f), bytes);
    default: return {bytes.begin(), bytes.end()};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::ByteReader in({data, size});
  const std::uint8_t options = in.u8().value_or(0);
  AuditProbe::Questions questions;
  questions.console_session = console_session;
  questions.username = "ADMIN";
  if ((options & 1) != 0) questions.factory_users = factory_users(options >> 2);
  if ((options & 2) != 0) questions.suites = {CipherSuite::sha256_aes, CipherSuite::sha1_aes};
  core::SeededRandom random(1);
  AuditProbe probe(std::move(questions), random);

  core::BootTime now{};
  Asked asked;
  asked.look_at(probe.start(now));
  while (in.ok() && !in.at_end() && !probe.over()) {
    const unsigned kind = in.u8().value_or(0) % 8;
    if (kind == 7) {
      now = probe.deadline();
      asked.look_at(probe.on_time(now));
      continue;
    }
    const auto length = std::min<std::size_t>(in.u8().value_or(0), in.remaining());
    const auto bytes = in.take(length);
    if (bytes) asked.look_at(probe.on_datagram(datagram_of(kind, asked, *bytes), now));
  }
  // Whatever was said, it comes to an end by itself, and what it found can be shown.
  for (unsigned steps = 0; !probe.over(); ++steps) {
    if (steps > 40) __builtin_trap();
    now = probe.deadline();
    asked.look_at(probe.on_time(now));
  }
  (void)drivers::findings_of(probe.found());
  return 0;
}
