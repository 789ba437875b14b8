#include "hw-sim/rack/rack_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony;
  const auto rack = hw_sim::parse_rack_file(core::as_text({data, size}));
  if (rack && rack->servers.empty()) __builtin_trap();
  if (!rack && rack.error().message.empty()) __builtin_trap();
  return 0;
}
