#pragma once
// Owns running coroutines. Nothing here is ever detached: the group cancels and joins its tasks before what
// they use dies, and its destructor asserts that this happened.

#include <cstddef>
#include <list>
#include <string>

#include <boost/asio/cancellation_signal.hpp>

#include "core/async/task.hpp"
#include "core/async/wakeup.hpp"

namespace colony::core {

class TaskGroup {
 public:
  explicit TaskGroup(Timers& timers);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  /// Every task must have ended: cancel() and join() first.
  ~TaskGroup();

  /// Starts a task at the next turn of the loop. A task that lets an exception other than its own
  /// cancellation escape ends the process with its name: that is a bug of ours.
  void spawn(std::string name, Task<> task);

  /// Asks every running task to end at its current await.
  void cancel();
  /// Waits until no task is left.
  [[nodiscard]] Task<> join();
  [[nodiscard]] std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    std::string name;
    boost::asio::cancellation_signal cancel;
  };
  Timers& timers_;
  std::list<Running> running_;
  Wakeup emptied_;
};

}  // namespace colony::core
