// Any first bytes of a disk: pieces of the input at any place of 256 KiB, each with a 16-bit offset (in units
// of four bytes), a length byte and so many bytes; and the input itself as a short disk.
#include <algorithm>
#include <cstdlib>

#include "ramdisk/machine/content_signature.hpp"

using namespace colony;
using namespace colony::ramdisk;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView input(data, size);
  const auto own = content_signature(input);
  const bool zero = std::ranges::all_of(input, [](core::Byte byte) { return byte == 0; });
  if (own.empty() != zero) std::abort();

  core::Bytes disk(signature_bytes, 0);
  core::ByteReader in(input);
  while (in.remaining() >= 3) {
    const std::size_t offset = *in.u16be() * std::size_t{4};
    const auto piece = in.take(std::min<std::size_t>(*in.u8(), in.remaining()));
    const std::size_t length = std::min(piece->size(), disk.size() - offset);
    std::ranges::copy(piece->first(length), disk.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  (void)content_signature(disk);
  return 0;
}
