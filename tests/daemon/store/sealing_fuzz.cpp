// Any bytes where a sealed value is expected, and sealed values with damage: they open whole and in their own
// place, or not at all.
#include <cstdlib>

#include "daemon/store/sealing.hpp"

using namespace colony;
using namespace colony::daemon::store;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sealer sealer(core::Secret(std::string(Sealer::key_bytes, 'k')));
  const core::ByteView input(data, size);
  if (sealer.unseal(input, "assets.bmc_password:1")) std::abort();  // 2^-128

  const std::string_view plain = core::as_text(input);
  core::Bytes sealed = sealer.seal(plain, "here");
  const auto opened = sealer.unseal(sealed, "here");
  if (!opened || opened->reveal() != plain) std::abort();
  if (sealer.unseal(sealed, "there")) std::abort();
  if (size == 0) return 0;
  sealed[data[0] % sealed.size()] ^= static_cast<core::Byte>(1U << (size % 8));
  if (sealer.unseal(sealed, "here")) std::abort();
  sealed.resize(data[0] % sealed.size());
  if (sealer.unseal(sealed, "here")) std::abort();
  return 0;
}
