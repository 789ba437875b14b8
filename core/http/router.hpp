#pragma once
// Which handler answers which method and path. Patterns: "/assets/{id}" takes one non-empty segment,
// "/files/{path...}" takes the rest. The most literal pattern wins; GET also answers HEAD.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/http/message.hpp"

namespace colony::core::http {

struct RouteOptions {
  std::size_t body_limit = 64UL * 1024;  // a longer request body is answered 413 before it is read
};

class Router {
 public:
  /// Asserts that the pattern is well formed and not yet taken for this method.
  void add(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});

  /// Asked before every handler, even before the body is read: an answer ends the request here (not ready,
  /// not allowed). Gates run in the order they were added.
  using Gate = std::function<std::optional<HttpResponse>(const HttpRequest&)>;
  void add_gate(Gate gate) { gates_.push_back(std::move(gate)); }

  struct Match {
    const Handler* handler = nullptr;
    std::string_view pattern;
    std::size_t body_limit = 0;
    TextMap params;
  };
  /// The route, or the answer instead of it: a gate's, 404, or 405 with Allow.
  [[nodiscard]] std::variant<Match, HttpResponse> match(const HttpRequest& request) const;

  /// What is served: method and pattern.
  [[nodiscard]] std::vector<std::pair<Method, std::string>> list() const;

  /// Gates, routing and handling in one, without a server: tests and in-memory exchanges.
  [[nodiscard]] Task<HttpResponse> handle(HttpRequest request) const;

 private:
  struct Route {
    Method method;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
    RouteOptions options;
  };
  std::vector<Route> routes_;
  std::vector<Gate> gates_;
};

}  // namespace colony::core::http
