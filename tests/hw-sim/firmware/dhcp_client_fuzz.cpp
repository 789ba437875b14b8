// The reply decoder and the conversation behind it: first byte picks who speaks, then length-prefixed
// replies.
#include "hw-sim/firmware/dhcp_client.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony;
  using namespace colony::hw_sim;
  if (size < 1) return 0;
  const DhcpIdentity identity{static_cast<FirmwareKind>(data[0] % 3),
                              static_cast<DhcpSpeaker>(data[0] / 3 % 3),
                              *core::MacAddress::parse("52:54:00:00:00:02"),
                              core::Uuid(),
                              {}};
  core::BootTime now{};
  DhcpClient client(identity, Xid{0x9b7715ae}, {});
  (void)client.start(now);
  core::ByteReader in(core::ByteView(data + 1, size - 1));
  while (in.remaining() > 2) {
    const auto length = in.u16be();
    const auto bytes = in.take(std::min<std::size_t>(*length, in.remaining()));
    auto reply = decode_dhcp_reply(*bytes);
    if (!reply) {
      now += std::chrono::seconds(5);
      (void)client.on_deadline(now);
      continue;
    }
    reply->xid = client.xid();
    reply->client_mac = identity.mac;
    for (const DhcpSend& send : client.on_reply(*reply, now)) {
      if (encode_dhcp(identity, send.fields).empty()) __builtin_trap();
    }
  }
  const auto* lease = client.outcome() ? std::get_if<DhcpLease>(&*client.outcome()) : nullptr;
  const bool boots = identity.speaker != DhcpSpeaker::os;
  if (lease != nullptr && boots && lease->boot_file.empty()) __builtin_trap();
  const auto* failure = client.outcome() ? std::get_if<DhcpFailure>(&*client.outcome()) : nullptr;
  if (failure != nullptr && name(*failure).empty()) __builtin_trap();
  if (client.outcome() && client.deadline()) __builtin_trap();
  if (lease != nullptr && !client.address()) __builtin_trap();
  return 0;
}
