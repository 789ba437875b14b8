#pragma once
// One TFTP read as a boot ROM does it: RFC 1350 with options (2347, 2348, 2349, 7440). Written apart from
// pxe/tftp, so that the appliance's server meets a foreign client. Pure: datagrams and time in and out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"

namespace colony::hw_sim {

struct TftpRequest {
  std::string file;
  bool probe_size = false;  // ask only for tsize, then abort: what ROMs do before the transfer
  std::uint16_t block_size = 1468;
  std::uint16_t window_size = 1;  // 1: the option is not sent
  std::size_t limit = 64U << 20;  // bytes taken; more is a failure
  std::uint8_t timeout = 0;       // seconds that the server shall wait (RFC 2349); 0: the option is not sent
};

struct TftpTimings {
  core::Duration timeout = std::chrono::seconds(1);
  unsigned attempts = 6;
};

struct TftpSend {
  std::uint16_t port = 69;  // the server's: 69 for the request, then the one it answered from
  core::Bytes datagram;
};

struct TftpFile {
  core::Bytes content;
  std::optional<std::uint64_t> announced_size;  // tsize
};

struct TftpFailure {
  enum class Reason : std::uint8_t { error_packet, timed_out, too_large, bad_options } reason;
  std::uint16_t code = 0;  // of the error packet
  std::string text;
};
std::string_view name(TftpFailure::Reason reason);

class TftpFetch {
 public:
  using Outcome = std::variant<TftpFile, TftpFailure>;

  TftpFetch(TftpRequest request, TftpTimings timings) : request_(std::move(request)), timings_(timings) {}

  [[nodiscard]] std::vector<TftpSend> start(core::BootTime now);
  [[nodiscard]] std::vector<TftpSend> on_datagram(std::uint16_t from_port, core::ByteView datagram,
                                                  core::BootTime now);
  [[nodiscard]] std::vector<TftpSend> on_deadline(core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> deadline() const;
  [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }
  [[nodiscard]] const TftpRequest& request() const { return request_; }

 private:
  [[nodiscard]] core::Bytes encode_request() const;
  [[nodiscard]] std::vector<TftpSend> on_options(core::ByteReader& in, core::BootTime now);
  [[nodiscard]] std::vector<TftpSend> on_data(core::ByteReader& in, core::BootTime now);
  [[nodiscard]] std::vector<TftpSend> acknowledge(core::BootTime now);
  void fail(TftpFailure::Reason reason, std::uint16_t code, std::string text);

  TftpRequest request_;
  TftpTimings timings_;
  std::uint16_t server_port_ = 0;  // 0 until the first answer
  std::uint16_t block_size_ = 512;
  std::uint16_t window_size_ = 1;
  std::uint16_t in_window_ = 0;  // blocks taken since the last ACK
  std::uint64_t blocks_ = 0;     // taken in order
  std::optional<std::uint64_t> announced_size_;
  bool gap_reported_ = false;
  core::Bytes content_;
  core::Bytes last_sent_;
  unsigned attempt_ = 0;
  core::BootTime deadline_{};
  std::optional<Outcome> outcome_;
};

}  // namespace colony::hw_sim
