// A server of any kind against Reader: first byte of each piece is its length, then its bytes. Whatever
// comes, the reading ends, and never holds more than its limit.

#include <cstdlib>

#include "pxe/tftp/reader.hpp"

using namespace colony;
using namespace std::chrono_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  core::ByteView left(input, size);
  core::BootTime now(1h);
  pxe::tftp::Reader reader({.file = "f", .block_size = 64, .limit = 4096});
  auto step = reader.start(now);
  const auto ended = [&step] {
    return std::holds_alternative<core::Error>(step) || std::holds_alternative<pxe::tftp::Reader::Done>(step);
  };
  while (!ended() && !left.empty()) {
    const std::size_t length = std::min<std::size_t>(left[0], left.size() - 1);
    step = reader.on_datagram(left.subspan(1, length), now);
    left = left.subspan(1 + length);
    if (reader.bytes().size() > 4096) std::abort();
  }
  for (int i = 0; !ended(); ++i) {
    if (i > 3) std::abort();
    now = reader.deadline();
    step = reader.on_time(now);
  }
  return 0;
}
