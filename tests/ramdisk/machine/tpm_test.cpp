#include "ramdisk/machine/tpm.hpp"

#include "machine_tree.hpp"

using namespace colony;
using namespace colony::ramdisk;
using core::Bytes;

namespace {

Bytes answer(std::uint32_t property, std::uint32_t value) {
  core::ByteWriter out(27);
  out.u16be(0x8001);
  out.u32be(27);
  out.u32be(0);
  out.u8(1);
  out.u32be(6);
  out.u32be(1);
  out.u32be(property);
  out.u32be(value);
  return std::move(out).finish();
}

}  // namespace

TEST_F(MachineTree, TpmTellsVersionMakerAndFirmware) {
  file("sys/class/tpm/tpm0/tpm_version_major", "2\n");
  const TpmCommand chip = [](core::ByteView request) -> std::optional<Bytes> {
    return answer(0x100U | request[17], request[17] == 0x05 ? 0x49465800 : 0x00070055);
  };
  const auto tpm = describe_tpm(sysfs(), chip, std::nullopt);
  ASSERT_TRUE(tpm);
  EXPECT_EQ(tpm->version, "2.0");
  EXPECT_EQ(tpm->manufacturer, "IFX");
  EXPECT_EQ(tpm->firmware, "7.85");
}

TEST_F(MachineTree, TpmOfTheFirmwaresWordStandsWhereTheKernelHasNone) {
  EXPECT_FALSE(describe_tpm(sysfs(), std::nullopt, std::nullopt));
  const auto tpm = describe_tpm(
      sysfs(), std::nullopt, drivers::scout::Tpm{.version = "2.0", .manufacturer = "INTC", .firmware = {}});
  ASSERT_TRUE(tpm);
  EXPECT_EQ(tpm->manufacturer, "INTC");
}

TEST(Tpm, AnswersThatDoNotFitAreNone) {
  const Bytes whole = answer(0x105, 0x49465800);
  EXPECT_EQ(decode_tpm_property(whole, 0x105), 0x49465800U);
  EXPECT_FALSE(decode_tpm_property(whole, 0x106));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_tpm_property(core::ByteView(whole).first(size), 0x105));
  }
  EXPECT_EQ(core::hex(tpm_property_request(0x105)), "8001000000160000017a000000060000010500000001");
}
