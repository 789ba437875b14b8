#include "daemon/api/door.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "daemon/api/credential.hpp"

namespace colony::daemon::api {

namespace http = core::http;
using core::Json;
using core::Task;
using http::HttpRequest;
using http::HttpResponse;
using http::Status;
using keys::Caller;
using keys::Scope;

namespace {

std::optional<Scope> scope_of(Need need) {
  switch (need) {
    case Need::open:
    case Need::anyone: return std::nullopt;
    case Need::read: return Scope::read;
    case Need::operate: return Scope::operate;
    case Need::wipe: return Scope::wipe;
    case Need::admin: return Scope::admin;
  }
  return Scope::admin;
}

std::string source_of(const HttpRequest& request) {
  const auto address = request.peer_address();
  return address ? address->to_string() : "socket";
}

/// What the request is about: an asset, a key, a user.
std::string subject_of(const RouteRule& rule, const HttpRequest& request) {
  constexpr std::size_t longest = 128;
  if (!request.params.empty()) return request.params.begin()->second.substr(0, longest);
  if (rule.subject.empty()) return {};
  const auto body = core::parse_json(request.body, {.bytes = rule.body_limit, .depth = 4, .values = 4096});
  return body ? core::json_text(*body, rule.subject, longest).value_or("") : std::string();
}

/// Error bodies carry the request's id, so that a report finds its log lines.
void add_request_id(HttpResponse& response, std::string_view id) {
  (void)response.headers.add("X-Request-Id", id);
  auto* const text = std::get_if<std::string>(&response.body);
  if (text == nullptr || http::code(response.status) < http::code(Status::bad_request)) return;
  auto body = core::parse_json(*text);
  if (!body || !body->is_object() || !body->contains("code")) return;
  (*body)["request_id"] = id;
  *text = core::dump_json(*body);
}

}  // namespace

std::string_view name(Need need) {
  switch (need) {
    case Need::open: return "none";
    case Need::anyone: return "any";
    case Need::read: return "read";
    case Need::operate: return "operate";
    case Need::wipe: return "wipe";
    case Need::admin: return "admin";
  }
  return "admin";
}

HttpResponse access_error(const core::Error& error) {
  if (error.code == "api.forbidden")
    return http::error_response(Status::forbidden, error.code, "You may not do this", error.message);
  if (error.code == "policy.same_person")
    return http::error_response(Status::forbidden, error.code, "It takes a second person", error.message);
  if (error.code == "api_key.too_many" || error.code == "user.too_many")
    return http::error_response(Status::conflict, error.code, error.message);
  return http::error_response(error);
}

HttpResponse too_many(std::string_view code, std::string_view error, core::Duration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  auto response =
      http::error_response(Status::too_many_requests, code, error, fmt::format("try again in {} s", seconds));
  (void)response.headers.add("Retry-After", std::to_string(seconds));
  return response;
}

HttpResponse unauthorized(std::string_view code, std::string_view why) {
  auto response = http::error_response(Status::unauthorized, code, "Invalid API key", why);
  (void)response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

struct Door::State {
  State(core::Timers& t, core::Log& l, keys::Access* a) : timers(t), log(l), access(a) {
    prefix = access == nullptr ? "local" : access->random().token(32);
  }

  core::Timers& timers;
  core::Log& log;
  keys::Access* access;
  std::string prefix;  // of the ids of requests that bring none
  std::uint64_t made = 0;
  std::set<std::pair<http::Method, std::string_view>> open_routes;

  [[nodiscard]] bool is_open(const HttpRequest& request) const {
    const auto method = request.method == http::Method::head ? http::Method::get : request.method;
    return open_routes.contains({method, request.path});
  }

  std::string request_id(const HttpRequest& request) {
    const auto given = request.headers.find("X-Request-Id");
    if (given && is_request_id(*given)) return std::string(*given);
    return fmt::format("{}-{}", prefix, ++made);
  }

  enum class Counting : bool { no, yes };
  [[nodiscard]] std::expected<Caller, HttpResponse> caller_of(const HttpRequest& request, Counting counting) {
    const auto* const peer = std::get_if<http::UnixPeer>(&request.peer);
    const auto credential = credential_of(request.headers);
    if (!credential) return refuse(request, {"api_key.ambiguous", std::string(credential.error())});
    const std::optional<std::string_view>& key = *credential;
    if (!key) {
      if (peer != nullptr) return keys::KeyRing::socket_caller(peer->uid);
      return std::unexpected(
          unauthorized("api_key.missing",
                       "send the key as `Authorization: Bearer KEY`; colony api-keys create makes one"));
    }
    if (access == nullptr) return refuse(request, {"api_key.unknown", "no keys are served here"});
    auto caller = access->ring().authenticate(*key, source_of(request), access->now());
    if (!caller) return refuse(request, caller.error());
    if (counting == Counting::no) return *caller;
    if (const auto wait = access->ring().spend(*caller, timers.now())) {
      return std::unexpected(
          too_many("api.rate_limited",
                   fmt::format("More than {} requests a minute or {} an hour with one key",
                               keys::RequestBudget::per_minute, keys::RequestBudget::per_hour),
                   *wait));
    }
    return *caller;
  }

  std::unexpected<HttpResponse> refuse(const HttpRequest& request, const keys::Refusal& why) {
    const auto from = request.peer_address();
    if (from && access != nullptr) {
      if (const auto wait = access->failure_wait(*from)) {
        return std::unexpected(
            too_many("api.too_many_failures", "Too many requests with a wrong key from this address", *wait));
      }
      access->count_failure(*from);
    }
    log.warn("api.refused", "A request with a key that does not count",
             {{"code", why.code}, {"from", source_of(request)}, {"path", request.path}});
    return std::unexpected(unauthorized(why.code, why.why));
  }

  static HttpResponse forbidden(Scope scope, const Caller& caller) {
    return http::error_response(
        Status::forbidden, "api.forbidden", fmt::format("The scope {} is needed", name(scope)),
        fmt::format("this key has {}", caller.scopes.empty() ? "none" : caller.scopes.to_string()));
  }

  void note_order(const keys::AuditRow& row, const http::Peer& from) const {
    const auto* const peer = std::get_if<http::UnixPeer>(&from);
    log.info("api.order", "An order came in",
             {{"order", row.act},
              {"asset", row.subject},
              {"by", row.who},
              {"from", row.from},
              {"request_id", row.request_id},
              {"uid", peer != nullptr ? static_cast<std::int64_t>(peer->uid) : -1},
              {"pid", peer != nullptr ? static_cast<std::int64_t>(peer->pid) : -1}});
  }

  /// A whole line, or that one is begun (status 0).
  Task<core::Result<>> write_down(keys::AuditRow row) {
    keys::AccessChange change;
    change.audit.push_back(std::move(row));
    return commit(std::move(change));
  }
  /// What came of a line that was begun.
  Task<core::Result<>> complete(keys::AuditRow row) {
    keys::AccessChange change;
    change.outcomes.push_back(std::move(row));
    return commit(std::move(change));
  }
  Task<core::Result<>> commit(keys::AccessChange change) {
    if (access == nullptr) co_return core::Result<>{};
    const auto& row = change.audit.empty() ? change.outcomes.front() : change.audit.front();
    const auto request_id = row.request_id;
    auto kept = co_await access->store().commit_access(std::move(change));
    if (!kept) {
      log.error("api.audit_failed", "The audit log cannot be written",
                {{"code", kept.error().code}, {"request_id", request_id}});
    }
    co_return kept;
  }
};

namespace {

/// A stream outlives its request: it ends with the key that opened it, or with that key's scope.
Task<std::optional<std::string>> while_valid(const http::StreamBody& stream, keys::Access& access,
                                             const Caller& caller, std::optional<Scope> scope) {
  auto piece = co_await stream.next();
  if (!access.ring().still_valid(caller, scope, access.now())) co_return std::nullopt;
  co_return piece;
}

}  // namespace

Door::Door(http::Router& router, core::Timers& timers, core::Log& log, keys::Access* access)
    : state_(std::make_shared<State>(timers, log, access)), router_(router) {
  // Before the body is read: a stranger's megabytes are not waited for.
  router.add_gate([state = state_](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (state->is_open(request)) return std::nullopt;
    auto caller = state->caller_of(request, State::Counting::yes);
    if (caller) return std::nullopt;
    add_request_id(caller.error(), state->request_id(request));
    return std::move(caller.error());
  });
}

namespace {

/// Strangers may send these to an open route as fast as they like: nothing is written down of them.
bool nothing_was_tried(Status status) {
  return status == Status::bad_request || status == Status::too_many_requests ||
         status == Status::unavailable;
}

/// One request through the door. `state` and `handler` outlive it: the router keeps both.
template <class State>
Task<HttpResponse> pass(State& state, const RouteRule& rule, const Door::Handler& handler,
                        HttpRequest request) {
  const auto id = state.request_id(request);
  const auto answered = [&id](HttpResponse response) {
    add_request_id(response, id);
    return response;
  };
  Caller caller;
  if (rule.need != Need::open) {
    // Once more, as the body may have taken its time.
    auto known = state.caller_of(request, State::Counting::no);
    if (!known) co_return answered(std::move(known.error()));
    caller = std::move(*known);
  }
  keys::AuditRow row{.id = 0,
                     .at = state.timers.utc_now(),
                     .who = caller.to_string(),
                     .from = source_of(request),
                     .act = std::string(rule.act),
                     .subject = rule.act.empty() ? std::string() : subject_of(rule, request),
                     .status = 0,
                     .request_id = id};
  const auto scope = scope_of(rule.need);
  if (scope && !caller.may(*scope)) {
    auto response = State::forbidden(*scope, caller);
    if (!rule.act.empty()) {
      row.status = http::code(response.status);
      (void)co_await state.write_down(std::move(row));
    }
    co_return answered(std::move(response));
  }
  const bool open = rule.need == Need::open;
  const auto peer = request.peer;
  const bool begins = !rule.act.empty() && !open && rule.act != keys::logout_act;
  if (!rule.act.empty() && !open) state.note_order(row, peer);
  // On the disk before the act: no power cut leaves an act without its line. What cannot be noted is not
  // done.
  if (begins) {
    if (auto begun = co_await state.write_down(row); !begun)
      co_return answered(http::error_response(begun.error()));
  }
  auto response = co_await handler(caller, std::move(request));
  if (!rule.act.empty() && !(open && nothing_was_tried(response.status))) {
    if (open) state.note_order(row, peer);
    row.status = http::code(response.status);
    if (begins) {
      (void)co_await state.complete(std::move(row));
    } else {
      (void)co_await state.write_down(std::move(row));
    }
  }
  if (auto* const stream = std::get_if<http::StreamBody>(&response.body);
      stream != nullptr && state.access != nullptr && rule.need != Need::open) {
    response.body = http::StreamBody{[inner = std::move(*stream), access = state.access, caller, scope] {
      return while_valid(inner, *access, caller, scope);
    }};
  }
  co_return answered(std::move(response));
}

}  // namespace

void Door::add(const RouteRule& rule, Handler handler) {
  if (rule.need == Need::open) state_->open_routes.emplace(rule.method, rule.pattern);
  router_.add(rule.method, rule.pattern,
              [state = state_, rule, handler = std::move(handler)](HttpRequest request) {
                return pass(*state, rule, handler, std::move(request));
              },
              {rule.body_limit});
}

}  // namespace colony::daemon::api
