#include "drivers/ipmitool/process_runner.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/async/wakeup.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::drivers {

namespace {

/// A child that was started and not yet reaped: its pid cannot belong to anybody else.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) (void)kill_and_reap();
  }
  [[nodiscard]] int kill_and_reap() {
    ::kill(pid_, SIGKILL);
    return reap();
  }
  [[nodiscard]] int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

/// A file in memory that cannot grow past the bound: the child writes, we read when it is over. Needs no
/// reader while the child runs, and a child that writes for ever meets an error instead of our memory.
core::FileDescriptor bounded_file(const char* name) {
  core::FileDescriptor fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid() || ::ftruncate(fd.get(), max_process_output) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0) {
    return {};
  }
  return fd;
}

/// A file in memory with this text.
core::FileDescriptor text_file(const core::Secret& text) {
  core::FileDescriptor fd(::memfd_create("input", MFD_CLOEXEC));
  const auto bytes = text.reveal();
  const bool whole =
      fd.valid() && ::pwrite(fd.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  if (!whole) return {};
  return fd;
}

/// What was written: the file offset is shared with the child.
std::string contents(const core::FileDescriptor& fd) {
  const off_t end = ::lseek(fd.get(), 0, SEEK_CUR);
  if (end <= 0) return {};
  std::string text(static_cast<std::size_t>(end), '\0');
  const ssize_t size = ::pread(fd.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

struct Spawned {
  int error = 0;
  pid_t pid = -1;
};

/// `in` below zero: nothing on standard input.
Spawned spawn(const ProcessOrder& order, int in, int out, int err) {
  std::vector<std::string> words{order.program};
  words.insert(words.end(), order.arguments.begin(), order.arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const char* const path = std::getenv("PATH");
  std::vector<std::string> variables{fmt::format("PATH={}", path != nullptr ? path : "/usr/bin:/bin"),
                                     "LC_ALL=C"};
  if (order.secret != nullptr) {
    variables.push_back(fmt::format("{}={}", order.secret_variable, order.secret->reveal()));
  }
  std::vector<char*> environment;
  environment.reserve(variables.size() + 1);
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (in >= 0) {
    posix_spawn_file_actions_adddup2(&files, in, 0);
  } else {
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&files, out, 1);
  posix_spawn_file_actions_adddup2(&files, err, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  Spawned spawned;
  spawned.error = ::posix_spawnp(&spawned.pid, order.program.c_str(), &files, &attributes, argv.data(),
                                 environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  core::wipe_text(variables.back());
  return spawned;
}

}  // namespace

core::Task<core::Result<ProcessResult>> run_process(core::Timers& timers, ProcessOrder order,
                                                    core::BootTime deadline) {
  const auto out = bounded_file("output");
  const auto err = bounded_file("diagnostics");
  if (!out.valid() || !err.valid()) co_return core::fail_errno("process.start", "memfd_create", errno);
  core::FileDescriptor in;
  if (order.input != nullptr) {
    in = text_file(*order.input);
    if (!in.valid()) co_return core::fail_errno("process.start", "memfd_create", errno);
  }
  const Spawned spawned = spawn(order, in.valid() ? in.get() : -1, out.get(), err.get());
  if (spawned.error == ENOENT) {
    co_return core::fail(core::ErrorKind::not_found, "process.start",
                         fmt::format("{}: no such program; install it", order.program));
  }
  if (spawned.error != 0) co_return core::fail_errno("process.start", order.program, spawned.error);
  Child child(spawned.pid);

  core::FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, spawned.pid, 0)));
  if (!pidfd.valid()) co_return core::fail_errno("process.start", "pidfd_open", errno);
  namespace posix = boost::asio::posix;
  posix::stream_descriptor exit(timers.executor(), pidfd.release());
  // Shared: if the caller is cancelled, the handler still runs once after this frame is gone.
  const auto exited = std::make_shared<core::Wakeup>(timers);
  exit.async_wait(posix::stream_descriptor::wait_read, [exited](const boost::system::error_code& error) {
    if (!error) exited->wake();
  });
  const bool in_time = co_await exited->wait_until(deadline);
  if (!in_time) {
    (void)child.kill_and_reap();
    co_return core::fail(core::ErrorKind::timed_out, "process.timed_out",
                         fmt::format("{} did not end in time and was killed", order.program));
  }
  ProcessResult result;
  result.exit_code = child.reap();
  result.output = contents(out);
  result.diagnostics = contents(err);
  co_return result;
}

}  // namespace colony::drivers
