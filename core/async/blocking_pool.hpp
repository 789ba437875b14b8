#pragma once
// Where blocking calls and long computations go: fsync, key derivation, hashing of large files. The result
// comes back to the logic thread. Under virtual time the work runs inline, so that a simulation stays one
// thread.

#include <cassert>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "core/async/timers.hpp"
#include "core/async/wakeup.hpp"

namespace colony::core {

class BlockingPool {
 public:
  virtual ~BlockingPool() = default;
  /// Runs `work` elsewhere, then `done` on the logic thread. Neither may throw.
  virtual void execute(std::function<void()> work, std::function<void()> done) = 0;

  /// The same as a task. `work` owns what it touches: on cancellation the caller is gone before it ends.
  template <class T>
  [[nodiscard]] Task<T> run(Timers& timers, std::function<T()> work) {
    struct Shared {
      explicit Shared(Timers& t) : finished(t) {}
      std::optional<T> result;
      Wakeup finished;
    };
    auto shared = std::make_shared<Shared>(timers);
    execute([shared, work = std::move(work)] { shared->result.emplace(work()); },
            [shared] { shared->finished.wake(); });
    co_await shared->finished.wait();
    auto& result = shared->result;
    assert(result);  // `done` comes after `work`
    co_return std::move(*result);
  }
};

/// `threads` worker threads; the destructor waits for the work in hand.
class ThreadedPool final : public BlockingPool {
 public:
  ThreadedPool(Timers& timers, unsigned threads);
  ThreadedPool(const ThreadedPool&) = delete;
  ThreadedPool& operator=(const ThreadedPool&) = delete;
  ~ThreadedPool() override;
  void execute(std::function<void()> work, std::function<void()> done) override;

 private:
  struct Threads;
  std::unique_ptr<Threads> threads_;
  boost::asio::any_io_executor logic_;
};

/// Runs work at once, in the caller's thread.
class InlinePool final : public BlockingPool {
 public:
  void execute(std::function<void()> work, std::function<void()> done) override {
    work();
    done();
  }
};

/// Runs work at once, and says so with the loop's next turn: for simulations of what comes between a question
/// and its answer.
class NextTurnPool final : public BlockingPool {
 public:
  explicit NextTurnPool(Timers& timers) : logic_(timers.executor()) {}
  void execute(std::function<void()> work, std::function<void()> done) override;

 private:
  boost::asio::any_io_executor logic_;
};

}  // namespace colony::core
