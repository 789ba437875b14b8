#pragma once
// Who comes in, how often, and what is noted of it: every route of the local API is behind this door.
//
// On the unix socket the peer's credentials decide: whoever may connect (the socket's owner and group) is an
// administrator. Over TLS a key or a log-in token does. A key that is sent over the socket counts as well: it
// narrows what its holder may do, never widens it.

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "core/async/timers.hpp"
#include "core/http/router.hpp"
#include "core/log.hpp"
#include "daemon/keys/access.hpp"

namespace colony::daemon::api {

/// What a route asks of its caller.
enum class Need : std::uint8_t {
  open,    // nothing, also no key
  anyone,  // a caller that is known; the handler looks whose keys it is about
  read,
  operate,
  wipe,
  admin
};
/// As in docs/openapi.yaml (x-scope).
[[nodiscard]] std::string_view name(Need need);

struct RouteRule {
  core::http::Method method = core::http::Method::get;
  std::string_view pattern;
  Need need = Need::admin;
  std::string_view act;  // in the audit log; empty: changes nothing
  std::size_t body_limit = 64UL * 1024;
  std::string_view subject = {};  // the body's member that says what it is about, where the path does not
};

/// An error as an answer: api.forbidden and policy.same_person are 403, exhausted limits of keys and users
/// are 409, the rest as its kind says.
[[nodiscard]] core::http::HttpResponse access_error(const core::Error& error);
/// 429 with Retry-After in whole seconds.
[[nodiscard]] core::http::HttpResponse too_many(std::string_view code, std::string_view error,
                                                core::Duration wait);
[[nodiscard]] core::http::HttpResponse unauthorized(std::string_view code, std::string_view why);

class Door {
 public:
  using Handler = std::function<core::Task<core::http::HttpResponse>(keys::Caller caller,
                                                                     core::http::HttpRequest request)>;

  /// Without `access` only the unix socket comes in.
  Door(core::http::Router& router, core::Timers& timers, core::Log& log, keys::Access* access);

  void add(const RouteRule& rule, Handler handler);

 private:
  struct State;
  std::shared_ptr<State> state_;
  core::http::Router& router_;
};

}  // namespace colony::daemon::api
