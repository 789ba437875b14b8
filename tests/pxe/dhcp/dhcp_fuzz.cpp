// Any datagram: decode, classify, answer, encode, decode again.
#include <cstdlib>

#include "pxe/dhcp/reply.hpp"

using namespace colony;
using namespace colony::pxe::dhcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView datagram(data, size);
  const auto message = decode(datagram);
  if (!message) {
    if (name(message.error()) == "?") std::abort();
    return 0;
  }
  // Names of the enum are total, and what we decoded we can say again.
  if (name(message->type) == "?") std::abort();
  if (message->file.size() <= file_limit && message->server_name.size() <= server_name_limit &&
      size <= message_limit / 2) {
    const auto again = decode(encode(*message));
    if (!again || !(again->options == message->options)) std::abort();
  }
  (void)message->options.find_address(OptionCode::requested_address);
  const auto client = classify(*message);
  if (!client) return 0;
  ReplyConfig config;
  config.server.address = core::Ipv4Address(0x0a010105);
  const auto reply = make_proxy_reply(*message, *client, config);
  if (reply && !decode(encode(*reply))) std::abort();
  return 0;
}
