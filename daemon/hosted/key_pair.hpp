#pragma once
// The API key in use and, while a new one is not proved yet, the one before it. A new key becomes the only
// one with the first call that the hosted side lets through; until then a refusal brings the old one back. A
// key that was refused is not tried again before somebody asks for it.

#include <optional>

#include "core/secret.hpp"
#include "daemon/hosted/key_budgets.hpp"

namespace colony::daemon::hosted {

class KeyPair {
 public:
  explicit KeyPair(core::Secret key) : current_(std::move(key)) {}

  [[nodiscard]] const core::Secret& current() const { return current_; }
  /// A key was read. True when it is another one: it is used from now on, the one before is kept.
  [[nodiscard]] bool offer(core::Secret key);
  /// The current key is proved, or the one before is of no use: it is forgotten.
  void settle() { proved_.reset(); }
  /// The current key was refused. True when there is a proved one before it, which is used again.
  [[nodiscard]] bool go_back();
  /// What was refused may be offered again.
  void ask_again() { refused_.reset(); }

 private:
  core::Secret current_;
  std::optional<core::Secret> proved_;  // while `current_` is not
  std::optional<KeyIdentity> refused_;
};

}  // namespace colony::daemon::hosted
