#include "core/bytes.hpp"
#include "hw-sim/talos/talos_node.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony;
  using namespace colony::hw_sim;
  const std::string_view text = core::as_text({data, size});
  (void)parse_talos_arguments(text);
  const auto install = parse_talos_config(text);
  if (!install) return 0;
  DiskModel disk;
  disk.serial = "S1";
  (void)choose_disk(*install, {&disk}, {"sda"});
  SimDisk sim([] {
    DiskModel model;
    model.size_bytes = 1 << 16;
    return model;
  }());
  if (write_marker(sim, {"talos", install->config.to_string()}) && !read_marker(sim)) __builtin_trap();
  return 0;
}
