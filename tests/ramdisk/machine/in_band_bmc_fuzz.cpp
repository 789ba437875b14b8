// A BMC that answers each question with whatever comes next: a length byte, then so many bytes; 255 is
// silence.
#include <algorithm>
#include <cstdlib>

#include "ramdisk/machine/in_band_bmc.hpp"

using namespace colony;
using namespace colony::ramdisk;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::ByteReader in({data, size});
  unsigned questions = 0;
  const auto bmc = ask_bmc([&](const IpmiRequest&) -> std::optional<core::Bytes> {
    ++questions;
    const auto length = in.u8().value_or(255);
    if (length == 255) return std::nullopt;
    const auto answer = in.take(std::min<std::size_t>(length, in.remaining())).value_or(core::ByteView());
    return core::Bytes(answer.begin(), answer.end());
  });
  if (questions > 64) std::abort();
  if (!bmc) return 0;
  if (bmc->address && bmc->address->is_unspecified()) std::abort();
  if (bmc->mac && (bmc->mac->is_zero() || bmc->mac->is_group())) std::abort();
  if (bmc->system_guid && bmc->system_guid->is_zero()) std::abort();
  if (bmc->firmware_revision.empty() || bmc->firmware_revision.size() > 8) std::abort();
  return 0;
}
