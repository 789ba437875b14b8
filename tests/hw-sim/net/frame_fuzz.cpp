#include "hw-sim/net/frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony;
  const auto frame = hw_sim::decode_frame({data, size});
  // What was read can be written again and means the same.
  if (frame) {
    const core::Bytes again = std::visit([](const auto& f) { return hw_sim::encode(f); }, *frame);
    if (!again.empty() && !hw_sim::decode_frame(again)) __builtin_trap();
  }
  // Any payload is written whole or not at all.
  hw_sim::UdpFrame whole;
  whole.payload = {data, size};
  if (const core::Bytes written = hw_sim::encode(whole); !written.empty() && !hw_sim::decode_frame(written)) {
    __builtin_trap();
  }
  return 0;
}
