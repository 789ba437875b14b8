#include "daemon/hosted/key_pair.hpp"

#include <utility>

namespace colony::daemon::hosted {

bool KeyPair::offer(core::Secret key) {
  if (key.equals(current_.reveal()) || KeyIdentity::of(key) == refused_) return false;
  // The old file was put back before the new key was tried.
  if (proved_ && proved_->equals(key.reveal())) {
    proved_.reset();
  } else if (!proved_) {
    proved_ = std::move(current_);
  }
  current_ = std::move(key);
  refused_.reset();
  return true;
}

bool KeyPair::go_back() {
  if (!proved_) return false;
  refused_ = KeyIdentity::of(current_);
  current_ = std::move(*proved_);
  proved_.reset();
  return true;
}

}  // namespace colony::daemon::hosted
