// A server that says anything: length-prefixed datagrams; length 0 lets the deadline pass.
#include "hw-sim/firmware/tftp_fetch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony;
  using namespace colony::hw_sim;
  if (size < 1) return 0;
  TftpFetch fetch({"f", (data[0] & 1) != 0, 64, static_cast<std::uint16_t>(1 + data[0] % 5), 4096}, {});
  core::BootTime now{};
  (void)fetch.start(now);
  core::ByteReader in(core::ByteView(data + 1, size - 1));
  while (in.remaining() > 1) {
    const auto length = in.u8();
    if (*length == 0) {
      now += std::chrono::seconds(1);
      (void)fetch.on_deadline(now);
      continue;
    }
    const auto datagram = in.take(std::min<std::size_t>(*length, in.remaining()));
    (void)fetch.on_datagram(*length == 255 ? 7 : 40000, *datagram, now);
  }
  if (fetch.outcome()) {
    const auto* file = std::get_if<TftpFile>(&*fetch.outcome());
    if (file != nullptr && file->content.size() > 4096) __builtin_trap();
  }
  return 0;
}
