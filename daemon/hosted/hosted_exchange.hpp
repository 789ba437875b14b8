#pragma once
// The connection to the hosted side as the link needs it: requests with targets below /api/v1, to which the
// connection adds the API key itself, so that the key is nowhere else.

#include "core/http/exchange.hpp"
#include "daemon/hosted/key_budgets.hpp"

namespace colony::daemon::hosted {

class HostedExchange : public core::http::HttpExchange {
 public:
  /// Reads the key again; true when it is another one, which is used from now on.
  [[nodiscard]] virtual bool take_up_new_key() = 0;
  /// The key that calls are made with now.
  [[nodiscard]] virtual KeyIdentity key() const = 0;
};

}  // namespace colony::daemon::hosted
