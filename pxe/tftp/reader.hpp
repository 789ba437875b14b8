#pragma once
// One read as a client does it, as a state machine: datagrams and time in, "send this" out. It proves that a
// TFTP server serves what it should (tftp_client.hpp), and is the client that our server and foreign ones are
// held against in tests.
//
// Lock step (no windowsize): a server without RFC 7440 has to be readable too. Every step is bounded: `limit`
// bytes, `attempts` of each request or acknowledgement.

#include <cstdint>
#include <string>
#include <variant>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "pxe/tftp/packet.hpp"

namespace colony::pxe::tftp {

struct ReadWish {
  std::string file;
  std::uint16_t block_size = 512;  // 512 is the protocol's own: then the option is not sent
  bool transfer_size = false;      // ask for it
  std::uint64_t limit = std::uint64_t{1} << 20;
  core::Duration patience = std::chrono::milliseconds(500);
  int attempts = 3;
};

class Reader {
 public:
  struct Wait {};
  struct Send {  // to the server's transfer port; the first one to port 69
    core::Bytes datagram;
  };
  struct Done {};
  using Step = std::variant<Wait, Send, Done, core::Error>;

  explicit Reader(ReadWish wish) : wish_(std::move(wish)) {}

  [[nodiscard]] Step start(core::BootTime now);
  /// A datagram of the server's; the shell compares address and port (RFC 1350 section 4).
  [[nodiscard]] Step on_datagram(core::ByteView datagram, core::BootTime now);
  /// Called when deadline() has passed. Errors: tftp.silent, tftp.refused (with the server's words),
  /// tftp.too_long, tftp.odd_answer.
  [[nodiscard]] Step on_time(core::BootTime now);

  [[nodiscard]] core::BootTime deadline() const { return deadline_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::uint16_t block_size() const { return block_size_; }
  [[nodiscard]] std::optional<std::uint64_t> transfer_size() const { return transfer_size_; }
  /// What must still go to the server after Done: nothing waits for an answer to it.
  [[nodiscard]] core::Bytes last_ack() const;

 private:
  [[nodiscard]] Step send(core::Bytes datagram, core::BootTime now);

  ReadWish wish_;
  std::string bytes_;
  std::uint16_t block_size_ = 512;
  std::optional<std::uint64_t> transfer_size_;
  std::uint64_t blocks_ = 0;  // received
  bool heard_ = false;
  core::Bytes last_sent_;
  int attempts_ = 0;
  core::BootTime deadline_{};
};

}  // namespace colony::pxe::tftp
