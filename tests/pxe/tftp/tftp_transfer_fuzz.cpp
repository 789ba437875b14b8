// Any acknowledgements at any time: the sender stays inside the file, inside the window, and ends.
#include <cstdlib>

#include "core/bytes.hpp"
#include "pxe/tftp/sender.hpp"

using namespace colony;
using namespace colony::pxe::tftp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::ByteReader in({data, size});
  Agreement agreement;
  agreement.block_size = static_cast<std::uint16_t>(8 + in.u8().value_or(0));
  agreement.window_size = static_cast<std::uint16_t>(1 + in.u8().value_or(0) % 64);
  const bool oack = in.u8().value_or(0) % 2 == 1;
  if (oack) agreement.oack.emplace_back("blksize", agreement.block_size);
  const std::uint64_t file_size = in.u16be().value_or(0) * std::uint64_t{16};
  Sender sender(agreement, file_size);
  core::BootTime now{};
  std::uint64_t acknowledged = 0;
  const auto check = [&](const Step& step) {
    if (const auto* blocks = std::get_if<SendBlocks>(&step)) {
      if (blocks->count < 1 || blocks->count > agreement.window_size) std::abort();
      const auto last = sender.extent(blocks->first + blocks->count - 1);
      if (last.offset > file_size || last.offset + last.size > file_size) std::abort();
    }
    if (sender.acknowledged_bytes() < acknowledged || sender.acknowledged_bytes() > file_size) std::abort();
    acknowledged = sender.acknowledged_bytes();
    if (const auto* end = std::get_if<Finished>(&step)) {
      if (name(end->outcome) == "?") std::abort();
      return false;
    }
    return true;
  };
  if (!check(sender.start(now))) return 0;
  while (!in.at_end() && in.ok()) {
    const auto what = in.u8().value_or(0);
    Step step = Wait{};
    if (what < 100) {
      step = sender.on_ack(BlockNumber{in.u16be().value_or(0)}, now);
    } else if (what < 200) {
      step = sender.on_ack(BlockNumber{what}, now);
    } else if (what < 254) {
      now = sender.deadline();
      step = sender.on_time(now);
    } else if (what == 254) {
      now += std::chrono::milliseconds(3);
      step = sender.on_time(now);
    } else {
      step = sender.on_error();
    }
    if (!check(step)) return 0;
  }
  // Left alone, it ends.
  for (int i = 0; i < 20; ++i) {
    now = sender.deadline();
    if (!check(sender.on_time(now))) return 0;
  }
  std::abort();
}
