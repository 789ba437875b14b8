#include "core/http/link.hpp"

#include <algorithm>
#include <cerrno>

#include <boost/system/system_error.hpp>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "core/on_exit.hpp"

namespace colony::core::http {

namespace asio = boost::asio;

struct Readiness::State {
  State(Timers& t, int fd) : timers(t), descriptor(t.executor(), fd), timer(t.executor()) {}
  Timers& timers;
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
};

Readiness::Readiness(Timers& timers, FileDescriptor fd)
    : state_(std::make_unique<State>(timers, fd.release())) {}

Readiness::~Readiness() {
  state_->timers.forget(state_->timer);
}

int Readiness::fd() const {
  return state_->descriptor.native_handle();
}

Task<bool> Readiness::wait(For what, BootTime deadline) {
  auto& state = *state_;
  if (state.timers.now() >= deadline) co_return false;
  // The expiry's handler may be called after this wait, or after this object, is gone: it looks here first.
  struct Expiry {
    bool current = true;
    bool passed = false;
  };
  const auto expiry = std::make_shared<Expiry>();
  state.timers.arm(state.timer, deadline);
  state.timer.async_wait([expiry, &state, deadline](const boost::system::error_code&) {
    if (!expiry->current || state.timers.now() < deadline) return;
    expiry->passed = true;
    state.descriptor.cancel();
  });
  const OnExit disarm([&expiry, &state] {
    expiry->current = false;
    state.timers.forget(state.timer);
  });
  const auto kind = what == For::reading ? asio::posix::descriptor_base::wait_read
                                         : asio::posix::descriptor_base::wait_write;
  co_await state.descriptor.async_wait(kind, asio::as_tuple(asio::use_awaitable));
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  if (cancelled != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return !expiry->passed;
}

namespace {

/// So many reads in a row that found bytes: then others get their turn.
constexpr unsigned reads_per_turn = 4;
/// One call of sendfile(2) never holds the loop longer than this takes to copy.
constexpr std::size_t file_step = 512UL * 1024;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

class PlainLink final : public Link {
 public:
  PlainLink(Timers& timers, FileDescriptor socket, std::function<void()> before_close)
      : timers_(timers), ready_(timers, std::move(socket)), before_close_(std::move(before_close)) {}
  PlainLink(const PlainLink&) = delete;
  PlainLink& operator=(const PlainLink&) = delete;
  ~PlainLink() override {
    if (before_close_) before_close_();
  }

  Task<std::expected<std::size_t, LinkError>> read_some(std::span<char> into, BootTime deadline) override {
    if (++reads_ % reads_per_turn == 0) co_await give_way();
    if (timers_.now() >= deadline) co_return std::unexpected(LinkError::timed_out);
    for (;;) {
      const ssize_t got = ::recv(ready_.fd(), into.data(), into.size(), 0);
      if (got >= 0) co_return static_cast<std::size_t>(got);
      if (errno == EINTR) continue;
      if (!would_block(errno)) co_return std::unexpected(LinkError::closed);
      if (!co_await ready_.wait(Readiness::For::reading, deadline)) {
        co_return std::unexpected(LinkError::timed_out);
      }
    }
  }

  Task<std::expected<void, LinkError>> write(std::string_view bytes, WriteBudget budget, Flush flush,
                                             std::uint64_t& sent) override {
    const int flags = MSG_NOSIGNAL | (flush == Flush::more ? MSG_MORE : 0);
    while (!bytes.empty()) {
      const ssize_t put = ::send(ready_.fd(), bytes.data(), bytes.size(), flags);
      if (put < 0) {
        if (errno == EINTR) continue;
        if (auto ready = co_await writable(errno, budget); !ready) co_return ready;
        continue;
      }
      sent += static_cast<std::uint64_t>(put);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    co_return std::expected<void, LinkError>{};
  }

  Task<std::expected<void, LinkError>> write_file(int file, std::uint64_t offset, std::uint64_t length,
                                                  WriteBudget budget, std::uint64_t& sent) override {
    while (length > 0) {
      auto at = static_cast<off_t>(offset);
      const ssize_t put = ::sendfile(ready_.fd(), file, &at, std::min<std::uint64_t>(length, file_step));
      if (put == 0) co_return std::unexpected(LinkError::closed);  // the file became shorter
      if (put < 0 && errno == EINTR) continue;
      if (put > 0) {
        sent += static_cast<std::uint64_t>(put);
        offset += static_cast<std::uint64_t>(put);
        length -= static_cast<std::uint64_t>(put);
      }
      // After a whole step, too: other connections get their turn.
      if (length == 0) break;
      if (auto ready = co_await writable(put < 0 ? errno : EAGAIN, budget); !ready) co_return ready;
    }
    co_return std::expected<void, LinkError>{};
  }

  Task<bool> acknowledged(WriteBudget budget) override {
    using namespace std::chrono_literals;
    int before = -1;
    Duration pause = 1ms;
    BootTime stalled_at = timers_.now() + budget.stall;
    for (;;) {
      int unacknowledged = 0;
      // A reset takes nothing back: the count keeps what it was when the reset came. Firmware (EDK2) resets
      // the connection as soon as it has the whole body.
      if (::ioctl(ready_.fd(), SIOCOUTQ, &unacknowledged) != 0) co_return false;
      if (unacknowledged == 0) co_return true;
      if (was_reset()) co_return false;
      const BootTime now = timers_.now();
      if (unacknowledged != before) stalled_at = now + budget.stall;
      before = unacknowledged;
      if (now >= stalled_at || now >= budget.end) co_return false;
      co_await timers_.sleep_for(pause);
      pause = std::min<Duration>(pause * 2, 50ms);
    }
  }

  void shutdown_send() override { (void)::shutdown(ready_.fd(), SHUT_WR); }

 private:
  Task<std::expected<void, LinkError>> writable(int error, WriteBudget budget) {
    if (!would_block(error)) co_return std::unexpected(LinkError::closed);
    const BootTime deadline = std::min(timers_.now() + budget.stall, budget.end);
    if (!co_await ready_.wait(Readiness::For::writing, deadline)) {
      co_return std::unexpected(LinkError::timed_out);
    }
    co_return std::expected<void, LinkError>{};
  }

  [[nodiscard]] bool was_reset() const {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(ready_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return true;
    tcp_info info{};
    size = sizeof info;
    if (::getsockopt(ready_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;  // a unix socket
    return info.tcpi_state == TCP_CLOSE;
  }

  Timers& timers_;
  Readiness ready_;
  std::function<void()> before_close_;
  unsigned reads_ = 0;
};

}  // namespace

Task<> give_way() {
  co_await asio::post(asio::use_awaitable);
}

std::unique_ptr<Link> make_plain_link(Timers& timers, FileDescriptor socket,
                                      std::function<void()> before_close) {
  return std::make_unique<PlainLink>(timers, std::move(socket), std::move(before_close));
}

}  // namespace colony::core::http
