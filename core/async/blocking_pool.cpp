#include "core/async/blocking_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace colony::core {

struct ThreadedPool::Threads {
  explicit Threads(unsigned count) : pool(count) {}
  boost::asio::thread_pool pool;
};

ThreadedPool::ThreadedPool(Timers& timers, unsigned threads)
    : threads_(std::make_unique<Threads>(threads)), logic_(timers.executor()) {}

ThreadedPool::~ThreadedPool() {
  threads_->pool.join();
}

void ThreadedPool::execute(std::function<void()> work, std::function<void()> done) {
  // The guard keeps the loop alive while only the pool has work.
  boost::asio::post(threads_->pool, [work = std::move(work), done = std::move(done), logic = logic_,
                                     guard = boost::asio::make_work_guard(logic_)]() mutable {
    work();
    boost::asio::post(logic, [done = std::move(done), work = std::move(work)] { done(); });
  });
}

void NextTurnPool::execute(std::function<void()> work, std::function<void()> done) {
  work();
  boost::asio::post(logic_, std::move(done));
}

}  // namespace colony::core
