// A machine prints anything, in any pieces: what is kept is bounded plain text.

#include <cstdlib>

#include "daemon/bmc/boot_record.hpp"

using namespace colony;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  daemon::BootRecord record;
  core::BootTime now{};
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 64U;
  std::size_t kept = 0;
  const auto look = [&] {
    for (const auto& piece : record.take(now)) {
      kept += piece.text.size();
      for (const char c : piece.text) {
        if (c != '\n' && (c < ' ' || c > '~')) std::abort();
      }
    }
  };
  for (std::size_t at = 0; at < all.size(); at += step) {
    record.add(all.substr(at, step), now);
    now += std::chrono::milliseconds(500);
    look();
  }
  record.finish();
  look();
  if (kept > daemon::BootRecord::head + daemon::BootRecord::tail + 2048) std::abort();
  return 0;
}
