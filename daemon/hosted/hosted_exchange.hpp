#pragma once
// The connection to the hosted side as the link needs it: requests with targets below /api/v1, to which the
// connection adds the API key itself, so that the key is nowhere else.

#include <optional>

#include "core/http/exchange.hpp"
#include "daemon/hosted/key_budgets.hpp"

namespace colony::daemon::hosted {

class HostedExchange : public core::http::HttpExchange {
 public:
  /// Reads the key again; true when it is another one, which is used from now on. The one before it is kept
  /// until one of the next two is called (KeyPair).
  [[nodiscard]] virtual bool take_up_new_key() = 0;
  /// The hosted side let a call with this key through.
  virtual void settle_key() {}
  /// The hosted side refused it. True when the one before it is used again.
  [[nodiscard]] virtual bool go_back_to_old_key() { return false; }
  /// A key that was refused is taken up again when it is still the one that is read.
  virtual void ask_for_key_again() {}
  /// The key that calls are made with now.
  [[nodiscard]] virtual KeyIdentity key() const = 0;
  /// What was wrong with the key when it was last read: nothing of it was taken up.
  [[nodiscard]] virtual std::optional<core::Error> key_fault() const { return std::nullopt; }
};

}  // namespace colony::daemon::hosted
