#include "pxe/dhcp/lease_queue.hpp"

#include <iterator>
#include <utility>

namespace colony::pxe::dhcp {

bool LeaseQueue::push(Item item) {
  if (waiting_.size() >= limit) {
    ++dropped_;
    return false;
  }
  waiting_.push_back(std::move(item));
  return true;
}

std::vector<LeaseQueue::Item> LeaseQueue::take_group() {
  if (waiting_.size() <= group_limit) return std::exchange(waiting_, {});
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(group_limit);
  std::vector<Item> group(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return group;
}

}  // namespace colony::pxe::dhcp
