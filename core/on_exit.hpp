#pragma once
// What has to be put right at the end of a scope, however it ends: by return, by error, or by the
// cancellation of the coroutine it is in.

#include <utility>

namespace colony::core {

template <class Act>
class OnExit {
 public:
  explicit OnExit(Act act) : act_(std::move(act)) {}
  OnExit(const OnExit&) = delete;
  OnExit& operator=(const OnExit&) = delete;
  ~OnExit() { act_(); }

 private:
  Act act_;
};

}  // namespace colony::core
