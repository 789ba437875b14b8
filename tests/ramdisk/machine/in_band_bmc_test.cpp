#include "ramdisk/machine/in_band_bmc.hpp"

#include <map>

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::ramdisk;
using core::Bytes;

namespace {

using Key = std::pair<int, Bytes>;

/// A BMC whose LAN is on channel 2, as some are.
std::map<Key, Bytes> answers() {
  return {
      {{0x0601, {}}, {0, 0x20, 0x01, 0x02, 0x49, 0x02, 0xbf, 0x7c, 0x2a, 0x00, 0x01, 0x09}},
      {{0x0637, {}}, Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
      {{0x0642, {1}}, {0, 1, 0x05, 1, 0, 0, 0, 0, 0, 0}},  // serial
      {{0x0642, {2}}, {0, 2, 0x04, 1, 0, 0, 0, 0, 0, 0}},
      {{0x0c02, {2, 3, 0, 0}}, {0, 0x11, 10, 1, 1, 20}},
      {{0x0c02, {2, 5, 0, 0}}, {0, 0x11, 0x0c, 0xc4, 0x7a, 0, 0, 1}},
  };
}

IpmiCommand bmc(std::map<Key, Bytes> with) {
  return [with = std::move(with)](const IpmiRequest& request) -> std::optional<Bytes> {
    const auto found = with.find({request.net_fn << 8 | request.command, request.data});
    return found == with.end() ? Bytes{0xc1} : found->second;  // invalid command
  };
}

}  // namespace

TEST(InBandBmc, TellsItsAddressMacGuidAndFirmware) {
  const auto told = ask_bmc(bmc(answers()));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->firmware_revision, "2.49");
  EXPECT_EQ(told->address->to_string(), "10.1.1.20");
  EXPECT_EQ(told->mac->to_string(), "0c:c4:7a:00:00:01");
  EXPECT_EQ(told->system_guid->to_string(), "01020304-0506-0708-090a-0b0c0d0e0f10");
}

TEST(InBandBmc, AnUnsetAddressIsNone) {
  auto with = answers();
  with[{0x0c02, {2, 3, 0, 0}}] = {0, 0x11, 0, 0, 0, 0};
  with[{0x0c02, {2, 5, 0, 0}}] = {0, 0x11, 0, 0, 0, 0, 0, 0};
  with[{0x0637, {}}] = Bytes(17, 0);
  const auto told = ask_bmc(bmc(with));
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->address);
  EXPECT_FALSE(told->mac);
  EXPECT_FALSE(told->system_guid);
}

TEST(InBandBmc, EveryShortAnswerIsTakenForNone) {
  for (const auto& [key, full] : answers()) {
    for (std::size_t size = 0; size < full.size(); ++size) {
      auto with = answers();
      with[key].resize(size);
      (void)ask_bmc(bmc(with));
    }
  }
}

TEST(InBandBmc, ABmcThatIsSilentIsNone) {
  EXPECT_FALSE(ask_bmc([](const IpmiRequest&) { return std::optional<Bytes>(); }));
  EXPECT_FALSE(ask_bmc(bmc({})));
}
