#include "core/http/router.hpp"

#include <algorithm>
#include <cassert>

namespace colony::core::http {

namespace {

std::vector<std::string> split(std::string_view path) {
  assert(path.starts_with('/'));
  std::vector<std::string> segments;
  for (;;) {
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash);
  }
}

bool is_param(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}
bool is_tail(std::string_view segment) {
  return is_param(segment) && segment.ends_with("...}");
}
std::string param_name(std::string_view segment) {
  const std::size_t closing = is_tail(segment) ? std::string_view("...}").size() : 1;
  return std::string(segment.substr(1, segment.size() - 1 - closing));
}

/// The parameters when the path fits the pattern.
std::optional<TextMap> fit(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  TextMap params;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return std::nullopt;
    if (is_tail(pattern[i])) {
      std::string tail = path[i];
      for (std::size_t rest = i + 1; rest < path.size(); ++rest) tail.append("/").append(path[rest]);
      if (tail.empty()) return std::nullopt;
      params.emplace(param_name(pattern[i]), std::move(tail));
      return params;
    }
    if (is_param(pattern[i])) {
      if (path[i].empty()) return std::nullopt;
      params.emplace(param_name(pattern[i]), path[i]);
    } else if (pattern[i] != path[i]) {
      return std::nullopt;
    }
  }
  if (path.size() != pattern.size()) return std::nullopt;
  return params;
}

/// Literal before parameter before tail, segment by segment.
bool more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const auto rank = [](const std::string& segment) {
    return is_tail(segment) ? 2 : is_param(segment) ? 1 : 0;
  };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

}  // namespace

void Router::add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  Route route{method, std::string(pattern), split(pattern), std::move(handler), options};
  for ([[maybe_unused]] const auto& other : routes_) {
    assert(other.method != method || other.segments != route.segments);
  }
  for (std::size_t i = 0; i + 1 < route.segments.size(); ++i) assert(!is_tail(route.segments[i]));
  const auto at = std::ranges::find_if(
      routes_, [&](const Route& other) { return more_literal(route.segments, other.segments); });
  routes_.insert(at, std::move(route));
}

std::variant<Router::Match, HttpResponse> Router::match(const HttpRequest& request) const {
  for (const auto& gate : gates_) {
    if (auto answer = gate(request)) return std::move(*answer);
  }
  const auto path = split(request.path);
  std::string allowed;
  const auto serves = [&](const Route& route) {
    return route.method == request.method || (request.method == Method::head && route.method == Method::get);
  };
  for (const auto& route : routes_) {
    auto params = fit(route.segments, path);
    if (!params) continue;
    if (serves(route))
      return Match{&route.handler, route.pattern, route.options.body_limit, std::move(*params)};
    allowed.append(allowed.empty() ? "" : ", ").append(name(route.method));
  }
  if (allowed.empty()) {
    return error_response(Status::not_found, "http.not_found", "Nothing is served at this path",
                          request.path);
  }
  HttpResponse refused = error_response(Status::method_not_allowed, "http.method_not_allowed",
                                        "This path takes other methods", "allowed: " + allowed);
  (void)refused.headers.add("Allow", allowed);
  return refused;
}

std::vector<std::pair<Method, std::string>> Router::list() const {
  std::vector<std::pair<Method, std::string>> out;
  out.reserve(routes_.size());
  for (const auto& route : routes_) out.emplace_back(route.method, route.pattern);
  return out;
}

Task<HttpResponse> Router::handle(HttpRequest request) const {
  auto matched = match(request);
  if (auto* answer = std::get_if<HttpResponse>(&matched)) co_return std::move(*answer);
  auto& route = std::get<Match>(matched);
  if (request.body.size() > route.body_limit) {
    co_return error_response(Status::content_too_large, "http.body_too_large",
                             "The request body is too large");
  }
  request.params = std::move(route.params);
  co_return co_await (*route.handler)(std::move(request));
}

}  // namespace colony::core::http
