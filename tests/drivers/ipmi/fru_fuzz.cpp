#include "drivers/ipmi/fru.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView input(data, size);
  (void)decode_fru_header(input);
  (void)fru_area_size(input);
  (void)decode_fru_board(input);
  (void)decode_fru_product(input);
  // With the checksum and the length put right, so that the fields are reached.
  if (size >= 8 && size <= 2040) {
    core::Bytes area(input.begin(), input.end());
    area.resize(size / 8 * 8);
    area[0] = 1;
    area[1] = static_cast<core::Byte>(area.size() / 8);
    area.back() = 0;
    unsigned sum = 0;
    for (const auto byte : area) sum += byte;
    area.back() = static_cast<core::Byte>(0U - sum);
    (void)decode_fru_board(area);
    (void)decode_fru_product(area);
    area.resize(8);
    sum = 0;
    for (std::size_t i = 0; i < 7; ++i) sum += area[i];
    area[7] = static_cast<core::Byte>(0U - sum);
    (void)decode_fru_header(area);
  }
  if (size >= 4) {
    const auto text = [&](std::size_t part) {
      return std::string(core::as_text(input.subspan(size / 4 * part, std::min<std::size_t>(size / 4, 80))));
    };
    const auto fru =
        encode_fru({text(0), text(1), text(2), text(3)}, {text(3), text(2), text(1), text(0), "", ""});
    if (!decode_fru_header(core::ByteView(fru).first(8))) __builtin_trap();
  }
  return 0;
}
