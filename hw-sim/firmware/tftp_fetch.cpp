#include "hw-sim/firmware/tftp_fetch.hpp"

#include <charconv>

namespace colony::hw_sim {

namespace {

constexpr std::size_t max_request_bytes = 512;
enum Opcode : std::uint16_t { rrq = 1, data = 3, ack = 4, error = 5, oack = 6 };

core::Bytes encode_error(std::uint16_t code, std::string_view text) {
  core::ByteWriter out(max_request_bytes);
  out.u16be(Opcode::error);
  out.u16be(code);
  out.text(text);
  out.u8(0);
  return std::move(out).finish();
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view name(TftpFailure::Reason reason) {
  switch (reason) {
    case TftpFailure::Reason::error_packet: return "error_packet";
    case TftpFailure::Reason::timed_out: return "timed_out";
    case TftpFailure::Reason::too_large: return "too_large";
    case TftpFailure::Reason::bad_options: return "bad_options";
  }
  return "?";
}

core::Bytes TftpFetch::encode_request() const {
  core::ByteWriter out(max_request_bytes);
  const auto field = [&out](std::string_view text) {
    out.text(text);
    out.u8(0);
  };
  out.u16be(Opcode::rrq);
  field(request_.file);
  field("octet");
  if (request_.probe_size) {
    field("tsize");
    field("0");
  }
  field("blksize");
  field(std::to_string(request_.block_size));
  if (request_.window_size > 1) {
    field("windowsize");
    field(std::to_string(request_.window_size));
  }
  if (request_.timeout != 0) {
    field("timeout");
    field(std::to_string(request_.timeout));
  }
  return std::move(out).finish();
}

std::vector<TftpSend> TftpFetch::start(core::BootTime now) {
  last_sent_ = encode_request();
  deadline_ = now + timings_.timeout;
  if (last_sent_.empty()) fail(TftpFailure::Reason::bad_options, 0, "file name too long");
  return {{69, last_sent_}};
}

std::vector<TftpSend> TftpFetch::on_datagram(std::uint16_t from_port, core::ByteView datagram,
                                             core::BootTime now) {
  if (outcome_) return {};
  // RFC 1350 section 4: a packet from another port is answered with error 5 and changes nothing.
  if (server_port_ != 0 && from_port != server_port_)
    return {{from_port, encode_error(5, "Unknown transfer ID")}};
  core::ByteReader in(datagram);
  const auto opcode = in.u16be();
  if (!opcode) return {};
  switch (*opcode) {
    case Opcode::oack:
      if (server_port_ != 0) {
        // Our first ACK was lost.
        return blocks_ == 0 ? std::vector<TftpSend>{{server_port_, last_sent_}} : std::vector<TftpSend>{};
      }
      server_port_ = from_port;
      return on_options(in, now);
    case Opcode::data: server_port_ = from_port; return on_data(in, now);
    case Opcode::error: {
      const auto code = in.u16be();
      const auto text = in.c_string(128);
      fail(TftpFailure::Reason::error_packet, code.value_or(0), std::string(text.value_or("")));
      return {};
    }
    default: return {};
  }
}

std::vector<TftpSend> TftpFetch::on_options(core::ByteReader& in, core::BootTime now) {
  while (in.remaining() > 0) {
    const auto key = in.c_string(32);
    const auto text = in.c_string(32);
    const auto value = text ? number(*text) : std::nullopt;
    bool good = key && value;
    if (good && *key == "tsize") {
      announced_size_ = value;
    } else if (good && *key == "blksize") {  // RFC 2348: at most what was asked
      good = *value >= 8 && *value <= request_.block_size;
      block_size_ = static_cast<std::uint16_t>(*value);
    } else if (good && *key == "windowsize") {  // RFC 7440 section 3
      good = *value >= 1 && *value <= request_.window_size && request_.window_size > 1;
      window_size_ = static_cast<std::uint16_t>(*value);
    } else if (good && *key == "timeout") {  // RFC 2349: the value that was asked, or the option is left out
      good = request_.timeout != 0 && *value == request_.timeout;
    } else {
      good = false;  // RFC 2347: a server acknowledges only what was asked
    }
    if (!good) {
      fail(TftpFailure::Reason::bad_options, 8, "");
      return {{server_port_, encode_error(8, "Option negotiation failed")}};
    }
  }
  if (request_.probe_size) {
    outcome_ = TftpFile{{}, announced_size_};
    return {{server_port_, encode_error(8, "User aborted the transfer")}};
  }
  return acknowledge(now);
}

std::vector<TftpSend> TftpFetch::on_data(core::ByteReader& in, core::BootTime now) {
  const auto block = in.u16be();
  if (!block) return {};
  const core::ByteView payload = in.rest();
  if (request_.probe_size) {  // a server without options: the ROM gives up and asks again plainly
    outcome_ = TftpFile{};
    return {{server_port_, encode_error(0, "User aborted the transfer")}};
  }
  const auto expected = static_cast<std::uint16_t>(blocks_ + 1);  // wraps past 65535
  if (*block != expected || payload.size() > block_size_) {
    const auto behind = static_cast<std::uint16_t>(expected - *block);
    // The block before: our ACK was lost, repeat it. Older ones are ignored, or two of everything would
    // follow (the Sorcerer's Apprentice, RFC 1123 section 4.2.3.1).
    if (behind == 1 && in_window_ == 0 && !gap_reported_) return {{server_port_, last_sent_}};
    if (behind < 0x8000 || gap_reported_) return {};
    // A gap: RFC 7440 section 4 says acknowledge the last block in order; once, not for every block behind
    // it.
    gap_reported_ = true;
    return acknowledge(now);
  }
  gap_reported_ = false;
  if (content_.size() + payload.size() > request_.limit) {
    fail(TftpFailure::Reason::too_large, 3, "");
    return {{server_port_, encode_error(3, "Disk full")}};
  }
  content_.insert(content_.end(), payload.begin(), payload.end());
  ++blocks_;
  ++in_window_;
  attempt_ = 0;
  deadline_ = now + timings_.timeout;
  const bool last = payload.size() < block_size_;
  if (!last && in_window_ < window_size_) return {};
  auto sends = acknowledge(now);
  if (last) outcome_ = TftpFile{std::move(content_), announced_size_};
  return sends;
}

std::vector<TftpSend> TftpFetch::acknowledge(core::BootTime now) {
  core::ByteWriter out(4);
  out.u16be(Opcode::ack);
  out.u16be(static_cast<std::uint16_t>(blocks_));
  last_sent_ = std::move(out).finish();
  in_window_ = 0;
  deadline_ = now + timings_.timeout;
  return {{server_port_, last_sent_}};
}

std::vector<TftpSend> TftpFetch::on_deadline(core::BootTime now) {
  if (outcome_ || now < deadline_) return {};
  if (++attempt_ >= timings_.attempts) {
    fail(TftpFailure::Reason::timed_out, 0, "");
    return {};
  }
  if (server_port_ == 0) {
    deadline_ = now + timings_.timeout;
    return {{69, last_sent_}};
  }
  return acknowledge(now);
}

std::optional<core::BootTime> TftpFetch::deadline() const {
  if (outcome_) return std::nullopt;
  return deadline_;
}

void TftpFetch::fail(TftpFailure::Reason reason, std::uint16_t code, std::string text) {
  outcome_ = TftpFailure{reason, code, std::move(text)};
}

}  // namespace colony::hw_sim
