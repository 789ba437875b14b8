#include "pxe/tftp/reader.hpp"

#include <fmt/format.h>

namespace colony::pxe::tftp {

namespace {

BlockNumber on_wire(std::uint64_t block) {
  return BlockNumber{static_cast<std::uint16_t>(block & 0xffff)};
}

core::Error odd(std::string_view what) {
  return {core::ErrorKind::corrupt, "tftp.odd_answer", std::string(what)};
}

}  // namespace

Reader::Step Reader::send(core::Bytes datagram, core::BootTime now) {
  last_sent_ = std::move(datagram);
  attempts_ = 1;
  deadline_ = now + wish_.patience;
  return Send{last_sent_};
}

Reader::Step Reader::start(core::BootTime now) {
  OackOptions options;
  if (wish_.block_size != 512) options.emplace_back("blksize", wish_.block_size);
  if (wish_.transfer_size) options.emplace_back("tsize", 0);
  return send(encode_read_request(wish_.file, options), now);
}

core::Bytes Reader::last_ack() const {
  const auto ack = encode_ack(on_wire(blocks_));
  return {ack.begin(), ack.end()};
}

Reader::Step Reader::on_datagram(core::ByteView datagram, core::BootTime now) {
  const auto packet = parse_server_packet(datagram);
  if (!packet) return Wait{};
  if (const auto* refusal = std::get_if<PeerError>(&*packet)) {
    return core::Error{core::ErrorKind::refused, "tftp.refused",
                       fmt::format("the server refused it: {} (error {})", core::printable(refusal->text),
                                   static_cast<unsigned>(refusal->code))};
  }
  if (const auto* agreed = std::get_if<OptionAck>(&*packet)) {
    if (heard_) return Wait{};  // a repeated OACK: our acknowledgement is on its way, or is repeated by time
    if (agreed->block_size.value_or(0) > wish_.block_size) {
      return odd("the server agreed to a larger block than was asked for");  // RFC 2348
    }
    heard_ = true;
    block_size_ = agreed->block_size.value_or(block_size_);
    transfer_size_ = agreed->transfer_size;
    return send(last_ack(), now);
  }
  const auto& data = std::get<Data>(*packet);
  heard_ = true;
  if (data.block != on_wire(blocks_ + 1)) return Wait{};  // a duplicate causes nothing (RFC 1123, 4.2.3.1)
  if (data.bytes.size() > block_size_) return odd("a block is longer than agreed");
  if (bytes_.size() + data.bytes.size() > wish_.limit) {
    return core::Error{core::ErrorKind::exhausted, "tftp.too_long",
                       fmt::format("the file is longer than {} bytes", wish_.limit)};
  }
  bytes_.append(core::as_text(data.bytes));
  ++blocks_;
  if (data.bytes.size() < block_size_) return Done{};
  return send(last_ack(), now);
}

Reader::Step Reader::on_time(core::BootTime now) {
  if (now < deadline_) return Wait{};
  if (attempts_ >= wish_.attempts) {
    return core::Error{core::ErrorKind::timed_out, "tftp.silent",
                       heard_ ? "the server stopped answering" : "nobody answers"};
  }
  ++attempts_;
  deadline_ = now + wish_.patience;
  return Send{last_sent_};
}

}  // namespace colony::pxe::tftp
