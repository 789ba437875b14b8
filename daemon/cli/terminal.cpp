#include "daemon/cli/terminal.hpp"

#include <array>
#include <cerrno>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <termios.h>
#include <unistd.h>

#include "core/async/mailbox.hpp"

namespace colony::daemon::cli {

namespace asio = boost::asio;

namespace {

// For the handler of a signal that ends the process at once: it can use nothing but globals. tcsetattr is
// async-signal-safe (signal-safety(7)).
volatile std::sig_atomic_t raw_now = 0;
termios cooked{};  // written before raw_now is set

constexpr std::array crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

void put_back() {
  if (raw_now == 0) return;
  raw_now = 0;
  // TCSADRAIN waits for output that nobody may ever read again.
  (void)::tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
}

void on_crash(int number) {
  put_back();
  (void)::signal(number, SIG_DFL);
  (void)::raise(number);
}

/// What the handlers of the loop share with the terminal: they may come after it is gone.
struct Keyboard {
  explicit Keyboard(core::Timers& timers) : input(timers.executor()), inbox(timers, 64) {}
  asio::posix::stream_descriptor input;
  core::Mailbox<Terminal::Input> inbox;
  bool closed = false;
};

/// Waits for readiness and reads then: the descriptor is shared with whoever started us, so its mode stays.
void wait_for_input(const std::shared_ptr<Keyboard>& keyboard) {
  keyboard->input.async_wait(
      asio::posix::descriptor_base::wait_read, [keyboard](const boost::system::error_code& error) {
        if (keyboard->closed) return;
        std::array<char, 512> buffer{};
        const ssize_t got = error ? 0 : ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) return wait_for_input(keyboard);
        if (got <= 0) {
          (void)keyboard->inbox.try_push({{}, Terminal::End::input});
          return;
        }
        // Full: a flood of pasted text meets a slow line. The rest of it is dropped, as on any serial line
        // without flow control.
        const std::string bytes(buffer.data(), static_cast<std::size_t>(got));
        (void)keyboard->inbox.try_push({bytes, Terminal::End::none});
        wait_for_input(keyboard);
      });
}

class SystemTerminal final : public Terminal {
 public:
  explicit SystemTerminal(core::Timers& timers)
      : signals_(timers.executor(), SIGINT, SIGTERM, SIGHUP), keyboard_(std::make_shared<Keyboard>(timers)) {
    signals_.add(SIGQUIT);
    signals_.async_wait([keyboard = keyboard_](const boost::system::error_code& error, int) {
      if (!error) (void)keyboard->inbox.try_push({{}, End::signal});
    });
    const int fd = ::dup(STDIN_FILENO);
    boost::system::error_code refused;
    if (fd >= 0) keyboard_->input.assign(fd, refused);
    if (fd < 0 || refused) {
      if (fd >= 0) ::close(fd);
      (void)keyboard_->inbox.try_push({{}, End::input});
      return;
    }
    make_raw();
    wait_for_input(keyboard_);
  }
  SystemTerminal(const SystemTerminal&) = delete;
  SystemTerminal& operator=(const SystemTerminal&) = delete;
  ~SystemTerminal() override {
    put_back();
    keyboard_->closed = true;
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    keyboard_->input.close(ignored);
  }

  core::Task<Input> read() override { return keyboard_->inbox.pop(); }

 private:
  static void make_raw() {
    if (::isatty(STDIN_FILENO) != 1 || ::tcgetattr(STDIN_FILENO, &cooked) != 0) return;
    raw_now = 1;
    for (const int number : crashes) (void)std::signal(number, on_crash);
    termios raw = cooked;
    ::cfmakeraw(&raw);
    (void)::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }

  asio::signal_set signals_;
  std::shared_ptr<Keyboard> keyboard_;
};

}  // namespace

std::unique_ptr<Terminal> Terminal::open(core::Timers& timers) {
  return std::make_unique<SystemTerminal>(timers);
}

}  // namespace colony::daemon::cli
