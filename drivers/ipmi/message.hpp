#pragma once
// IPMI messages between a remote console and a BMC (IPMI 2.0 section 13.8): addresses, network function,
// sequence number, two checksums. Both directions, because the simulator speaks the other side.

#include <cstdint>
#include <expected>

#include "core/bytes.hpp"
#include "drivers/ipmi/error.hpp"

namespace colony::drivers::ipmi {

enum class NetFn : std::uint8_t {
  chassis = 0x00,
  sensor = 0x04,
  app = 0x06,
  storage = 0x0a,
  transport = 0x0c,
};

/// May a command be sent again when its reply is missing?
enum class Repeat : std::uint8_t {
  safe,   // reading, or setting to a given value
  never,  // an act: a BMC may carry out a retransmission as a second act (seen on real ones)
};

struct Command {
  NetFn net_fn = NetFn::app;
  std::uint8_t code = 0;
  core::Bytes data;
  Repeat repeat = Repeat::safe;
};

/// Ties a reply to its request: 6 bits.
struct RequestNumber {
  std::uint8_t value = 0;
  friend bool operator==(const RequestNumber&, const RequestNumber&) = default;
};

struct RequestMessage {
  std::uint8_t net_fn = 0;  // even; kept as a number, for requests come from anybody
  std::uint8_t lun = 0;
  RequestNumber number;
  std::uint8_t code = 0;
  core::Bytes data;
};

struct ReplyMessage {
  std::uint8_t net_fn = 0;  // odd: the request's plus one
  RequestNumber number;
  std::uint8_t code = 0;
  std::uint8_t completion = 0;
  core::Bytes data;
};

[[nodiscard]] core::Bytes encode_request(const Command& command, RequestNumber number);
[[nodiscard]] std::expected<RequestMessage, IpmiError> decode_request(core::ByteView message);

[[nodiscard]] core::Bytes encode_reply(const RequestMessage& request, std::uint8_t completion,
                                       core::ByteView data);
[[nodiscard]] std::expected<ReplyMessage, IpmiError> decode_reply(core::ByteView message);

}  // namespace colony::drivers::ipmi
