#pragma once
// The only way to name a coroutine outside the shells. A Task does nothing until it is awaited or given to a
// TaskGroup; it runs on the one logic thread.

#include <boost/asio/awaitable.hpp>

namespace colony::core {

template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace colony::core
