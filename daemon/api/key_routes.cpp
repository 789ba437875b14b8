#include "daemon/api/key_routes.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/api/key_bodies.hpp"
#include "daemon/api/key_views.hpp"
#include "daemon/keys/totp.hpp"

namespace colony::daemon::api {

namespace http = core::http;
using core::Json;
using core::Result;
using core::Task;
using http::HttpRequest;
using http::HttpResponse;
using http::Method;
using http::Status;
using keys::Access;
using keys::AccessChange;
using keys::Caller;

namespace {

using Answer = Task<HttpResponse> (*)(Access& access, Caller caller, HttpRequest request);

/// Answers that hold a secret, or say who has which: nobody keeps them.
HttpResponse private_json(Status status, const Json& body) {
  auto response = http::json_response(status, body);
  (void)response.headers.add("Cache-Control", "no-store");
  return response;
}

HttpResponse no_content() {
  HttpResponse response;
  response.status = Status::no_content;
  return response;
}

std::string param(const HttpRequest& request) {
  return std::string(request.param("id"));
}

/// Commits; the answer is made of what was made.
Task<HttpResponse> committed(Access& access, AccessChange change, HttpResponse answer) {
  if (auto kept = co_await access.commit(std::move(change)); !kept) co_return access_error(kept.error());
  co_return answer;
}

/// The one answer in which a key's text stands.
HttpResponse shown_once(const keys::NewKeyText& made, core::UtcTime now, const keys::KeyRow* replaced) {
  Json body = to_json(made.key, now);
  body["key"] = made.text.reveal();
  if (replaced != nullptr) body["replaced"] = to_json(*replaced, now);
  return private_json(Status::created, body);
}

// ---- Keys ----

Task<HttpResponse> get_keys(Access& access, Caller caller, HttpRequest request) {
  const auto owner = request.query_value("owner").value_or("");
  Json list = Json::array();
  for (const auto& key : access.ring().list_keys(caller, owner))
    list.push_back(to_json(key, access.now().utc));
  co_return private_json(Status::ok, Json{{"api_keys", std::move(list)}});
}

Task<HttpResponse> get_key(Access& access, Caller caller, HttpRequest request) {
  const auto key = access.ring().key(caller, param(request));
  if (!key) co_return access_error(key.error());
  co_return private_json(Status::ok, to_json(*key, access.now().utc));
}

Task<HttpResponse> post_key(Access& access, Caller caller, HttpRequest request) {
  const auto wish = decode_new_key(request.body);
  if (!wish) co_return access_error(wish.error());
  const auto now = access.now().utc;
  auto made = access.ring().create_key(caller, *wish, now, access.random());
  if (!made) co_return access_error(made.error());
  co_return co_await committed(access, std::move(made->change), shown_once(made->value, now, nullptr));
}

Task<HttpResponse> patch_key(Access& access, Caller caller, HttpRequest request) {
  const auto patch = decode_key_patch(request.body);
  if (!patch) co_return access_error(patch.error());
  const auto now = access.now().utc;
  auto made = access.ring().change_key(caller, param(request), *patch, now);
  if (!made) co_return access_error(made.error());
  co_return co_await committed(access, std::move(made->change),
                               private_json(Status::ok, to_json(made->value, now)));
}

Task<HttpResponse> rotate_key(Access& access, Caller caller, HttpRequest request) {
  const auto order = decode_rotate(request.body);
  if (!order) co_return access_error(order.error());
  const auto now = access.now().utc;
  auto made =
      access.ring().rotate_key(caller, param(request), order->overlap, order->expires, now, access.random());
  if (!made) co_return access_error(made.error());
  const auto replaced = made->change.keys.front();
  co_return co_await committed(access, std::move(made->change), shown_once(made->value, now, &replaced));
}

Task<HttpResponse> revoke_key(Access& access, Caller caller, HttpRequest request) {
  const auto now = access.now().utc;
  auto made = access.ring().revoke_key(caller, param(request), now);
  if (!made) co_return access_error(made.error());
  co_return co_await committed(access, std::move(made->change),
                               private_json(Status::ok, to_json(made->value, now)));
}

Task<HttpResponse> delete_key(Access& access, Caller caller, HttpRequest request) {
  auto change = access.ring().delete_key(caller, param(request));
  if (!change) co_return access_error(change.error());
  co_return co_await committed(access, std::move(*change), no_content());
}

// ---- Users ----

HttpResponse login_refused(Access& access, const Access::LoginRefusal& why,
                           std::optional<core::Ipv4Address> from) {
  if (why.failure) return access_error(*why.failure);
  if (why.wait) return too_many(why.refusal.code, "Too many attempts to log in", *why.wait);
  if (why.busy) {
    auto response = http::error_response(Status::unavailable, why.refusal.code, why.refusal.why);
    (void)response.headers.add("Retry-After", "1");
    return response;
  }
  // Asking for the code is no failure.
  if (from && why.refusal.code != "login.totp_needed") access.count_failure(*from);
  return http::error_response(Status::unauthorized, why.refusal.code, "Not logged in", why.refusal.why);
}

keys::Attempt attempt_of(const HttpRequest& request, std::string name) {
  const auto from = request.peer_address();
  return {std::move(name), from ? from->to_string() : "socket"};
}

/// What is given of a password of now, compared; nothing when none was. Only one's own is: nobody tries the
/// passwords of others here.
Task<std::expected<std::optional<keys::Compared>, HttpResponse>> compare_own(Access& access,
                                                                             const Caller& caller,
                                                                             const HttpRequest& request,
                                                                             core::Secret given) {
  const auto name = param(request);
  std::optional<keys::Compared> out;
  if (given.empty() || !keys::KeyRing::is_oneself(caller, name)) co_return out;
  auto compared = co_await access.compare_password(attempt_of(request, name), std::move(given));
  if (!compared) co_return std::unexpected(login_refused(access, compared.error(), request.peer_address()));
  out = std::move(*compared);
  co_return out;
}

Task<HttpResponse> get_users(Access& access, Caller caller, HttpRequest) {
  Json list = Json::array();
  for (const auto& user : access.ring().list_users(caller)) list.push_back(to_json(user));
  co_return private_json(Status::ok, Json{{"users", std::move(list)}});
}

Task<HttpResponse> get_user(Access& access, Caller caller, HttpRequest request) {
  const auto user = access.ring().user(caller, param(request));
  if (!user) co_return access_error(user.error());
  co_return private_json(Status::ok, to_json(*user));
}

Task<HttpResponse> post_user(Access& access, Caller caller, HttpRequest request) {
  auto order = decode_new_user(request.body);
  core::wipe_text(request.body);  // held the password
  if (!order) co_return access_error(order.error());
  if (!order->password.empty()) {
    auto hash = co_await access.hash_password(std::move(order->password));
    if (!hash) co_return access_error(hash.error());
    order->user.password_hash = std::move(*hash);
  }
  auto made = access.ring().create_user(caller, order->user, access.now().utc);
  if (!made) co_return access_error(made.error());
  co_return co_await committed(access, std::move(made->change),
                               private_json(Status::created, to_json(made->value)));
}

Task<HttpResponse> patch_user(Access& access, Caller caller, HttpRequest request) {
  auto order = decode_user_patch(request.body);
  core::wipe_text(request.body);  // held the password
  if (!order) co_return access_error(order.error());
  if (!order->password.empty()) {
    auto hash = co_await access.hash_password(std::move(order->password));
    if (!hash) co_return access_error(hash.error());
    order->patch.password_hash = std::move(*hash);
  }
  auto compared = co_await compare_own(access, caller, request, std::move(order->old_password));
  if (!compared) co_return std::move(compared.error());
  order->patch.old_password = std::move(*compared);
  const auto name = param(request);
  auto made = access.ring().change_user(caller, name, order->patch);
  if (!made) co_return access_error(made.error());
  if (order->patch.old_password) access.ring().forgive(attempt_of(request, name));
  co_return co_await committed(access, std::move(made->change),
                               private_json(Status::ok, to_json(made->value)));
}

Task<HttpResponse> delete_user(Access& access, Caller caller, HttpRequest request) {
  auto change = access.ring().delete_user(caller, param(request));
  if (!change) co_return access_error(change.error());
  co_return co_await committed(access, std::move(*change), no_content());
}

Task<HttpResponse> post_totp(Access& access, Caller caller, HttpRequest request) {
  auto given = decode_begin_totp(request.body);
  core::wipe_text(request.body);  // held the password
  if (!given) co_return access_error(given.error());
  const auto password = co_await compare_own(access, caller, request, std::move(*given));
  if (!password) co_return password.error();
  std::array<core::Byte, keys::totp_secret_bytes> bytes{};
  access.random().fill(bytes);
  std::string text = keys::base32(bytes);
  const auto user = param(request);
  auto change = access.ring().begin_totp(caller, user, core::Secret(core::as_text(bytes)), *password);
  core::wipe_memory(bytes.data(), bytes.size());
  if (!change) co_return access_error(change.error());
  if (*password) access.ring().forgive(attempt_of(request, user));
  auto answer =
      private_json(Status::created, Json{{"secret", text}, {"uri", keys::totp_uri(user, text).reveal()}});
  core::wipe_text(text);
  co_return co_await committed(access, std::move(*change), std::move(answer));
}

Task<HttpResponse> confirm_totp(Access& access, Caller caller, HttpRequest request) {
  const auto code = decode_code(request.body);
  if (!code) co_return access_error(code.error());
  const auto name = param(request);
  auto change = access.ring().confirm_totp(caller, name, *code, access.now().utc);
  if (!change) co_return access_error(change.error());
  auto answer = private_json(Status::ok, to_json(change->users.front()));
  co_return co_await committed(access, std::move(*change), std::move(answer));
}

Task<HttpResponse> delete_totp(Access& access, Caller caller, HttpRequest request) {
  const auto code = decode_optional_code(request.body);
  if (!code) co_return access_error(code.error());
  const auto name = param(request);
  const auto attempt = attempt_of(request, name);
  const auto now = access.now();
  // Six digits can be guessed: as often as at a log-in.
  if (!code->empty() && keys::KeyRing::is_oneself(caller, name)) {
    if (const auto wait = access.ring().begin_login(attempt, now.boot))
      co_return too_many("login.too_many", "Too many attempts to log in", *wait);
  }
  auto change = access.ring().end_totp(caller, name, *code, now.utc);
  if (!change) co_return access_error(change.error());
  access.ring().forgive(attempt);
  co_return co_await committed(access, std::move(*change), no_content());
}

// ---- Logging in ----

Task<HttpResponse> post_login(Access& access, Caller, HttpRequest request) {
  auto order = decode_login(request.body);
  core::wipe_text(request.body);  // held the password
  const auto from = request.peer_address();
  if (from) {
    if (const auto wait = access.failure_wait(*from)) {
      co_return too_many("api.too_many_failures", "Too many failed attempts from this address", *wait);
    }
  }
  if (!order) {
    if (from) access.count_failure(*from);
    co_return access_error(order.error());
  }
  const std::string name = order->name;
  auto session = co_await access.log_in(
      {name, std::move(order->password), std::move(order->totp), from ? from->to_string() : "socket"});
  if (!session) co_return login_refused(access, session.error(), from);
  Json body = to_json(session->caller);
  body["token"] = session->token.reveal();
  body["expires_at"] = core::format_utc(session->expires_at);
  co_return private_json(Status::ok, body);
}

Task<HttpResponse> get_login(Access&, Caller caller, HttpRequest) {
  co_return private_json(Status::ok, to_json(caller));
}

Task<HttpResponse> delete_login(Access& access, Caller caller, HttpRequest) {
  access.ring().log_out(caller);
  co_return no_content();
}

// ---- Who did what ----

Result<std::uint64_t> number(const HttpRequest& request, std::string_view key, std::uint64_t absent,
                             std::uint64_t limit) {
  const auto text = request.query_value(key);
  if (!text) return absent;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc{} && end == text->data() + text->size() && value <= limit) return value;
  return core::fail(core::ErrorKind::invalid_input, "api.query",
                    fmt::format("{} must be a number from 0 to {}", key, limit));
}

Task<HttpResponse> get_audit(Access& access, Caller, HttpRequest request) {
  const auto limit = number(request, "limit", 100, 1000);
  if (!limit) co_return access_error(limit.error());
  const auto before = number(request, "before", 0, INT64_MAX);
  if (!before) co_return access_error(before.error());
  const auto rows = co_await access.store().audit(*before, static_cast<unsigned>(*limit));
  if (!rows) co_return access_error(rows.error());
  Json list = Json::array();
  for (const auto& row : *rows) list.push_back(to_json(row));
  co_return private_json(Status::ok, Json{{"audit", std::move(list)}});
}

struct RouteRow {
  RouteRule rule;
  Answer answer = nullptr;
};

constexpr std::size_t small = 64UL * 1024;

// `anyone`: the ring looks whose key or user it is.
constexpr RouteRow routes[] = {
    {{Method::get, "/api/v1/api-keys", Need::anyone, ""}, get_keys},
    {{Method::post, "/api/v1/api-keys", Need::anyone, "api-key.create", small, "name"}, post_key},
    {{Method::get, "/api/v1/api-keys/{id}", Need::anyone, ""}, get_key},
    {{Method::patch, "/api/v1/api-keys/{id}", Need::anyone, "api-key.change"}, patch_key},
    {{Method::del, "/api/v1/api-keys/{id}", Need::anyone, "api-key.delete"}, delete_key},
    {{Method::post, "/api/v1/api-keys/{id}/rotate", Need::anyone, "api-key.rotate"}, rotate_key},
    {{Method::post, "/api/v1/api-keys/{id}/revoke", Need::anyone, "api-key.revoke"}, revoke_key},
    {{Method::get, "/api/v1/users", Need::anyone, ""}, get_users},
    {{Method::post, "/api/v1/users", Need::admin, "user.create", small, "name"}, post_user},
    {{Method::get, "/api/v1/users/{id}", Need::anyone, ""}, get_user},
    {{Method::patch, "/api/v1/users/{id}", Need::anyone, "user.change"}, patch_user},
    {{Method::del, "/api/v1/users/{id}", Need::admin, "user.delete"}, delete_user},
    {{Method::post, "/api/v1/users/{id}/totp", Need::anyone, "user.totp-begin"}, post_totp},
    {{Method::post, "/api/v1/users/{id}/totp/confirm", Need::anyone, "user.totp-confirm"}, confirm_totp},
    {{Method::del, "/api/v1/users/{id}/totp", Need::anyone, "user.totp-end"}, delete_totp},
    {{Method::get, "/api/v1/login", Need::anyone, ""}, get_login},
    {{Method::post, "/api/v1/login", Need::open, keys::login_act, small, "name"}, post_login},
    {{Method::del, "/api/v1/login", Need::anyone, keys::logout_act}, delete_login},
    {{Method::get, "/api/v1/audit", Need::admin, ""}, get_audit},
};

Task<HttpResponse> not_served() {
  co_return http::error_response(Status::not_implemented, "api.no_keys", "No keys are kept here");
}

}  // namespace

void add_key_routes(Door& door, keys::Access* access) {
  for (const auto& row : routes) {
    door.add(row.rule, [access, run = row.answer](Caller caller, HttpRequest request) {
      return access == nullptr ? not_served() : run(*access, std::move(caller), std::move(request));
    });
  }
}

std::vector<RouteRule> key_route_rules() {
  std::vector<RouteRule> rules;
  for (const auto& row : routes) rules.push_back(row.rule);
  return rules;
}

}  // namespace colony::daemon::api
