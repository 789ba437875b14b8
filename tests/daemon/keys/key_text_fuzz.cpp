// Any text as a key, as scopes, as a role and as a time of expiry.
#include <cstdlib>

#include "daemon/keys/expiry.hpp"
#include "daemon/keys/key_text.hpp"
#include "daemon/keys/scopes.hpp"

using namespace colony;
using namespace colony::daemon::keys;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = core::as_text({data, size});
  const auto key = parse_key(text);
  if (key) {
    if (text.size() != 56 || masked(key->kind, key->id).substr(0, 15) != text.substr(0, 15)) std::abort();
  } else if (name(key.error()).empty()) {
    std::abort();
  }
  core::SeededRandom random(size);
  const auto id = KeyId::random(random);
  const auto made = make_key(KeyKind::api_key, id, random);
  const auto again = parse_key(made.reveal());
  if (!again || again->id != id) std::abort();
  const core::Secret hash_key("k");
  if (same_hash(keyed_hash(hash_key, text), keyed_hash(hash_key, made.reveal()))) std::abort();
  if (const auto scopes = Scopes::parse(text)) {
    if (Scopes::parse(scopes->to_string()) != scopes) std::abort();
  }
  if (const auto role = parse_role(text)) {
    if (name(*role) != text || scopes_of(*role).empty()) std::abort();
  }
  const auto now = *core::parse_utc("2026-11-20T18:00:00Z");
  const auto expiry = parse_expiry(text, now);
  if (expiry && *expiry && **expiry <= now) std::abort();
  if (!expiry && expiry.error().code != "api_key.expiry") std::abort();
  return 0;
}
