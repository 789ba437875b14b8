#pragma once
// A connected stream socket of which every wait has a deadline. Plain (TCP, unix) and TLS inside it. Used by
// one coroutine at a time; cancellation of that coroutine throws out of the wait, as everywhere.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/async/timers.hpp"
#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::core::http {

enum class LinkError : std::uint8_t { timed_out, closed };  // closed: by the peer, or reset

inline constexpr Duration no_stall_limit = std::chrono::hours(24 * 365);

/// How long a write may take: without progress, and in all.
struct WriteBudget {
  Duration stall = no_stall_limit;
  BootTime end = BootTime::max();
};

class Link {
 public:
  virtual ~Link() = default;
  /// At least one byte; 0 is the peer's end of stream. A deadline that passed counts even when bytes are
  /// there, and a peer whose bytes are always there does not keep the loop: others get their turn in between.
  [[nodiscard]] virtual Task<std::expected<std::size_t, LinkError>> read_some(std::span<char> into,
                                                                              BootTime deadline) = 0;
  /// `sent` grows as bytes go to the kernel. more: something follows at once (MSG_MORE).
  enum class Flush : std::uint8_t { now, more };
  [[nodiscard]] virtual Task<std::expected<void, LinkError>> write(std::string_view bytes, WriteBudget budget,
                                                                   Flush flush, std::uint64_t& sent) = 0;
  [[nodiscard]] virtual Task<std::expected<void, LinkError>> write_file(int file, std::uint64_t offset,
                                                                        std::uint64_t length,
                                                                        WriteBudget budget,
                                                                        std::uint64_t& sent) = 0;
  /// Everything written so far reached the peer's kernel (TCP: acknowledged; unix: read).
  [[nodiscard]] virtual Task<bool> acknowledged(WriteBudget budget) = 0;
  /// Our end of stream.
  virtual void shutdown_send() = 0;
};

/// Everybody else who is ready gets a turn on the loop first.
[[nodiscard]] Task<> give_way();

/// `socket` is connected (or connecting) and non-blocking. `before_close` is called while it is still open.
[[nodiscard]] std::unique_ptr<Link> make_plain_link(Timers& timers, FileDescriptor socket,
                                                    std::function<void()> before_close = {});

/// Waits until a non-blocking descriptor is readable or writable. False: the deadline passed.
class Readiness {
 public:
  Readiness(Timers& timers, FileDescriptor fd);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  ~Readiness();
  enum class For : std::uint8_t { reading, writing };
  [[nodiscard]] Task<bool> wait(For what, BootTime deadline);
  [[nodiscard]] int fd() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The server's certificate and key, loaded once.
class TlsContext {
 public:
  [[nodiscard]] static Result<TlsContext> load(const std::string& cert_file, const std::string& key_file);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();
  /// Shakes hands as the server; null when that failed or the deadline passed.
  [[nodiscard]] Task<std::unique_ptr<Link>> accept(std::unique_ptr<Link> plain, BootTime deadline) const;

 private:
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colony::core::http
