#include "core/line_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <unistd.h>

namespace colony::core {

namespace {

constexpr int farewell_ms = 250;  // without progress

}  // namespace

LineSink::~LineSink() {
  const std::scoped_lock lock(mutex_);
  while (!kept_.empty() && flush(farewell_ms)) {
  }
}

void LineSink::write(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  flush(0);
  // Once lines are lost, none is taken until there is room again for many: one gap, told once.
  const std::size_t limit = dropped_ > 0 ? kept_limit / 2 : kept_limit;
  if (kept_.size() + line.size() > limit) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) kept_ += told_(dropped_);
  dropped_ = 0;
  kept_ += line;
  flush(0);
}

bool LineSink::flush(int patience_ms) {
  std::size_t sent = 0;
  while (sent < kept_.size()) {
    // O_NONBLOCK would be shared with whoever gave us the descriptor. Up to PIPE_BUF bytes a pipe that is
    // ready takes whole (pipe(7)), and a socket that is ready has room for more than that.
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, patience_ms) <= 0) break;
    const std::size_t piece = std::min<std::size_t>(kept_.size() - sent, PIPE_BUF);
    const bool gone = (ready.revents & (POLLERR | POLLNVAL)) != 0;
    const ssize_t written = gone ? -1 : ::write(fd_, kept_.data() + sent, piece);
    if (written < 0 && !gone && (errno == EAGAIN || errno == EINTR)) break;
    // Nobody is there to read it, now or later.
    sent = written < 0 ? kept_.size() : sent + static_cast<std::size_t>(written);
  }
  kept_.erase(0, sent);
  return sent > 0;
}

}  // namespace colony::core
