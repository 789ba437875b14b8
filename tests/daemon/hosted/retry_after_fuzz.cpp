#include "daemon/hosted/retry_after.hpp"

using namespace colony;
using namespace colony::daemon::hosted;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto now = *core::parse_utc("2026-11-20T18:00:00Z");
  const auto wait = parse_retry_after(text, now);
  if (wait && (*wait < shortest_retry || *wait > longest_retry)) __builtin_trap();
  return 0;
}
