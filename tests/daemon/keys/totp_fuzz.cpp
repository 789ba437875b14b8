// Any text as a code and as base32; any bytes as a secret.
#include <cstdlib>

#include "daemon/keys/totp.hpp"

using namespace colony;
using namespace colony::daemon::keys;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView bytes(data, size);
  const auto text = core::as_text(bytes);
  const auto code = parse_totp_code(text);
  if (code && *code > 999'999) std::abort();
  if (const auto secret = parse_base32(text)) {
    if (parse_base32(base32(*secret)) != secret) std::abort();
  }
  if (parse_base32(base32(bytes)) != core::Bytes(bytes.begin(), bytes.end())) std::abort();
  const auto now = *core::parse_utc("2026-11-20T18:00:00Z");
  const auto step = totp_step(now);
  if (match_totp(bytes, totp_code(bytes, step), now, step - 2) < step - 1) std::abort();
  if (code) {
    const auto match = match_totp(bytes, *code, now, 0);
    if (match && totp_code(bytes, *match) != *code) std::abort();
  }
  if (totp_uri("a", "B").empty()) std::abort();
  return 0;
}
