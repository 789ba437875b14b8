// A script and an outside world that answers as the input's first byte says.
#include "core/bytes.hpp"
#include "hw-sim/firmware/ipxe_script.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony;
  using namespace colony::hw_sim;
  if (size < 1) return 0;
  std::uint8_t answers = data[0];
  auto script = IpxeScript::parse(core::as_text({data + 1, size - 1}), "http://10.77.0.5/boot/x.ipxe?y",
                                  {{"uuid", "u"}, {"net0/mac", "52:54:00:00:00:01"}});
  if (!script) return 0;
  for (int waits = 0; waits < 8; ++waits) {
    const IpxeNeed need = script->run();
    if (std::holds_alternative<ipxe_need::Fetch>(need)) {
      if ((answers & 1) != 0) {
        script->on_image(1, core::Sha256Digest());
      } else {
        script->on_failure();
      }
      answers = static_cast<std::uint8_t>(answers >> 1);
    } else if (std::holds_alternative<ipxe_need::Sleep>(need)) {
      script->on_slept();
    } else if (!std::holds_alternative<ipxe_need::Chain>(need)) {
      break;
    }
  }
  return 0;
}
