// Any body for keys, users and log-in; any text in their headers.
#include <cstdlib>

#include "daemon/api/credential.hpp"
#include "daemon/api/key_bodies.hpp"

using namespace colony;
using namespace colony::daemon::api;

namespace {

template <class Order>
void check(const core::Result<Order>& order) {
  if (!order && (order.error().message.empty() || order.error().kind != core::ErrorKind::invalid_input))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto key = decode_new_key(body);
  check(key);
  if (key && key->scopes && key->scopes->empty()) std::abort();
  check(decode_key_patch(body));
  check(decode_rotate(body));
  const auto user = decode_new_user(body);
  check(user);
  if (user && user->user.name.empty()) std::abort();
  check(decode_user_patch(body));
  check(decode_login(body));
  check(decode_begin_totp(body));
  check(decode_code(body));
  core::http::Headers headers;
  if (headers.add("Authorization", body)) (void)credential_of(headers);
  const auto half = size / 2;
  core::http::Headers both;
  if (both.add("apiKey", body.substr(0, half)) && both.add("Authorization", body.substr(half))) {
    const auto found = credential_of(both);
    if (found && !*found) std::abort();
  }
  if (is_request_id(body) && (body.empty() || body.size() > 64)) std::abort();
  return 0;
}
