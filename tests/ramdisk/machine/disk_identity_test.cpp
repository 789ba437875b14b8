// Identify pages and logs in the layout of real disks, with the words that are read filled in.
#include <numeric>

#include <gtest/gtest.h>

#include "ramdisk/machine/ata_disk.hpp"
#include "ramdisk/machine/nvme_disk.hpp"
#include "ramdisk/machine/scsi_disk.hpp"

using namespace colony;
using namespace colony::ramdisk;
using core::Byte;
using core::Bytes;
using drivers::scout::Disk;
using drivers::scout::EraseAbility;
using drivers::scout::HealthVerdict;

namespace {

void put(Bytes& page, std::size_t word, std::uint64_t value, std::size_t words = 1) {
  for (std::size_t i = 0; i < words; ++i) {
    page[2 * (word + i)] = static_cast<Byte>(value >> (16 * i) & 0xff);
    page[2 * (word + i) + 1] = static_cast<Byte>(value >> (16 * i + 8) & 0xff);
  }
}
void put_text(Bytes& page, std::size_t word, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) page[2 * word + (i ^ 1)] = static_cast<Byte>(text[i]);
}
void seal(Bytes& page) {
  page[510] = 0xa5;
  page[511] = 0;
  page[511] = static_cast<Byte>(256 - std::accumulate(page.begin(), page.end(), 0U) % 256);
}
void sum_up(Bytes& page) {
  page[511] = 0;
  page[511] = static_cast<Byte>(256 - std::accumulate(page.begin(), page.end(), 0U) % 256);
}

/// A 480 GB SATA SSD: host protected area, overlay, security (frozen, enhanced), sanitize, SMART.
Bytes ssd() {
  Bytes page(512, 0);
  put_text(page, 23, "XCV10110");
  put(page, 59, 1 << 12 | 1 << 13 | 1 << 15);
  put(page, 82, 1 | 1 << 1 | 1 << 10);
  put(page, 83, 1 << 14 | 1 << 10 | 1 << 11);
  put(page, 84, 1 << 14 | 1 << 5);
  put(page, 85, 1);
  put(page, 89, 1);
  put(page, 90, 0x8000 | 30);
  put(page, 100, 937701168, 4);
  put(page, 128, 1 | 1 << 3 | 1 << 5);
  seal(page);
  return page;
}
Bytes overlay(std::uint64_t last_lba) {
  Bytes page(512, 0);
  put(page, 3, last_lba, 4);
  page[510] = 0xa5;
  sum_up(page);
  return page;
}
Bytes smart_data(Byte pending) {
  Bytes page(512, 0);
  const auto attribute = [&page](std::size_t index, Byte id, Byte low, Byte next) {
    page[2 + 12 * index] = id;
    page[2 + 12 * index + 5] = low;
    page[2 + 12 * index + 6] = next;
  };
  attribute(0, 9, 0x10, 0x27);  // 10,000 hours
  attribute(1, 194, 31, 0);
  attribute(2, 5, 3, 0);
  attribute(3, 197, pending, 0);
  sum_up(page);
  return page;
}

struct FakeAta {
  Bytes identify = ssd(), smart = smart_data(0), dco = overlay(937703088 - 1), statistics = Bytes(512, 0);
  std::optional<std::uint64_t> native = 937703088 - 1;
  std::uint64_t status = 0xc24f00;

  AtaCommand command() {
    return [this](const AtaRequest& request) -> std::optional<AtaReply> {
      switch (request.command) {
        case 0xec: return AtaReply{.data = identify};
        case 0x27: return native ? std::optional(AtaReply{.data = {}, .lba = *native}) : std::nullopt;
        case 0xb1: return AtaReply{.data = dco};
        case 0x2f: return AtaReply{.data = statistics};
        case 0xb0:
          if (request.feature == 0xda) return AtaReply{.data = {}, .lba = status};
          return AtaReply{.data = smart};
        default: return std::nullopt;
      }
    };
  }
};

Bytes controller() {
  Bytes page(4096, 0);
  std::ranges::copy(std::string_view("GDC5902Q"), page.begin() + 64);
  page[256] = 1 << 1 | 1 << 3;
  page[296 + 4] = 8;  // 32 GiB in no namespace
  page[328] = 3;
  page[524] = 4;
  return page;
}
Bytes health_log() {
  Bytes log(512, 0);
  log[1] = 0x36;  // 310 K
  log[2] = 0x01;
  log[3] = 100;
  log[5] = 7;
  log[128] = 200;
  return log;
}

}  // namespace

TEST(AtaDisk, TellsWhatItCanAndHides) {
  FakeAta ata;
  ata.statistics[2] = 7;
  ata.statistics[8] = 12;
  ata.statistics[15] = 0xc0;
  Disk disk;
  ask_ata(ata.command(), disk);
  EXPECT_EQ(disk.firmware, "XCV10110");
  EXPECT_EQ(disk.erase, (std::vector{EraseAbility::ata_security, EraseAbility::ata_security_enhanced,
                                     EraseAbility::ata_security_frozen, EraseAbility::sanitize_block,
                                     EraseAbility::sanitize_crypto}));
  EXPECT_EQ(disk.secure_erase_minutes, 2U);
  EXPECT_EQ(disk.enhanced_erase_minutes, 60U);
  ASSERT_TRUE(disk.hidden);
  EXPECT_EQ(disk.hidden->host_protected_bytes, 1920U * 512);
  EXPECT_EQ(disk.hidden->configuration_bytes, 0U);
  ASSERT_TRUE(disk.health);
  EXPECT_EQ(disk.health->verdict, HealthVerdict::good);
  EXPECT_EQ(disk.health->percentage_used, 12U);
  EXPECT_EQ(disk.health->power_on_hours, 10'000U);
  EXPECT_EQ(disk.health->temperature_celsius, 31U);
  EXPECT_EQ(disk.health->media_errors, 3U);
}

TEST(AtaDisk, AnOverlayThatCutsCapacityOffIsSeen) {
  FakeAta ata;
  ata.native = 937701168 - 1;
  ata.dco = overlay(1000000000 - 1);
  Disk disk;
  ask_ata(ata.command(), disk);
  ASSERT_TRUE(disk.hidden);
  EXPECT_EQ(disk.hidden->host_protected_bytes, 0U);
  EXPECT_EQ(disk.hidden->configuration_bytes, (1000000000ULL - 937701168) * 512);
}

TEST(AtaDisk, WhatItDoesNotTellIsUnknownAndNotZero) {
  FakeAta ata;
  ata.native.reset();
  Disk disk;
  ask_ata(ata.command(), disk);
  EXPECT_FALSE(disk.hidden);
  ata.native = 937701168 - 1;
  ata.dco[20] = 1;  // its sum is wrong now
  ask_ata(ata.command(), disk);
  EXPECT_FALSE(disk.hidden);
}

TEST(AtaDisk, SmartFailureAndPendingSectorsAreTold) {
  FakeAta ata;
  ata.smart = smart_data(8);
  Disk disk;
  ask_ata(ata.command(), disk);
  ASSERT_TRUE(disk.health);
  EXPECT_EQ(disk.health->verdict, HealthVerdict::warning);
  EXPECT_EQ(disk.health->reason, "8 sectors wait to be reallocated");
  ata.status = 0x2cf400;
  ask_ata(ata.command(), disk);
  EXPECT_EQ(disk.health->verdict, HealthVerdict::failing);
}

TEST(AtaDisk, APageThatIsShortOrWhoseSumIsWrongTellsNothing) {
  const Bytes whole = ssd();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_FALSE(decode_ata_identity(core::ByteView(whole).first(size)));
  }
  Bytes broken = ssd();
  broken[100] ^= 1;
  EXPECT_FALSE(decode_ata_identity(broken));
}

TEST(AtaDisk, PassThroughIsAsSatSays) {
  EXPECT_EQ(core::hex(ata_pass_through({.command = 0xec, .count = 1, .reads = true})),
            "85080e0000000100000000000000ec00");
  EXPECT_EQ(core::hex(ata_pass_through({.command = 0x27, .extended = true})),
            "85072000000000000000000000402700");
  EXPECT_EQ(core::hex(ata_pass_through({.command = 0xb0, .feature = 0xda, .lba = 0xc24f00})),
            "85062000da00000000004f00c200b000");
}

TEST(AtaDisk, ReturnedRegistersAreReadFromDescriptors) {
  const Bytes sense{0x72, 0x01, 0x00, 0x1d, 0,    0,    0,    14,   0x09, 0x0c, 0x01,
                    0x00, 0x00, 0x00, 0x37, 0xaf, 0x00, 0x32, 0x00, 0xe4, 0x40, 0x50};
  EXPECT_EQ(decode_ata_return(sense), 0x37e432afU);
  for (std::size_t size = 0; size < sense.size(); ++size) {
    EXPECT_FALSE(decode_ata_return(core::ByteView(sense).first(size))) << size;
  }
  Bytes aborted = sense;
  aborted.back() = 0x51;
  EXPECT_FALSE(decode_ata_return(aborted));
}

TEST(NvmeDisk, TellsWhatItCanAndHides) {
  Disk disk;
  ask_nvme(
      [](const NvmeRequest& request) -> std::optional<Bytes> {
        if (request.opcode == 0x06) return request.cdw10 == 1 ? std::optional(controller()) : std::nullopt;
        EXPECT_EQ(request.cdw10, 0x007f0002U);
        return health_log();
      },
      disk);
  EXPECT_EQ(disk.firmware, "GDC5902Q");
  EXPECT_EQ(disk.erase, (std::vector{EraseAbility::sanitize_block, EraseAbility::sanitize_crypto,
                                     EraseAbility::nvme_format, EraseAbility::nvme_format_crypto}));
  ASSERT_TRUE(disk.hidden);
  EXPECT_EQ(disk.hidden->unallocated_bytes, 32ULL << 30);
  ASSERT_TRUE(disk.health);
  EXPECT_EQ(disk.health->temperature_celsius, 37U);
  EXPECT_EQ(disk.health->percentage_used, 7U);
  EXPECT_EQ(disk.health->power_on_hours, 200U);
}

TEST(NvmeDisk, CriticalWarningsAreVerdicts) {
  Bytes log = health_log();
  log[0] = 1;
  log[3] = 4;
  EXPECT_EQ(decode_nvme_health(log)->verdict, HealthVerdict::warning);
  EXPECT_EQ(decode_nvme_health(log)->reason, "only 4% of its spare blocks are left");
  log[0] = 9;
  EXPECT_EQ(decode_nvme_health(log)->verdict, HealthVerdict::failing);
}

TEST(NvmeDisk, ShortPagesTellNothing) {
  EXPECT_FALSE(decode_nvme_controller(Bytes(4095, 0)));
  EXPECT_FALSE(decode_nvme_health(Bytes(511, 0)));
}

TEST(ScsiDisk, ExceptionsPageTellsAPredictedFailure) {
  Bytes page{0x2f, 0, 0, 8, 0, 0, 3, 4, 0x00, 0x00, 28, 0};
  auto health = decode_scsi_exceptions(page);
  ASSERT_TRUE(health);
  EXPECT_EQ(health->verdict, HealthVerdict::good);
  EXPECT_EQ(health->temperature_celsius, 28U);
  page[8] = 0x5d;
  page[9] = 0x10;
  health = decode_scsi_exceptions(page);
  ASSERT_TRUE(health);
  EXPECT_EQ(health->verdict, HealthVerdict::failing);
  EXPECT_EQ(health->reason, "the disk predicts its failure (ASC 5Dh, ASCQ 10h)");
  for (std::size_t size = 0; size < page.size(); ++size) {
    EXPECT_FALSE(decode_scsi_exceptions(core::ByteView(page).first(size))) << size;
  }
}

TEST(ScsiDisk, AsksForEachServiceOfSanitize) {
  Disk disk;
  ask_scsi(
      [](core::ByteView command, std::size_t) -> std::optional<Bytes> {
        if (command[0] != 0xa3) return std::nullopt;
        return Bytes{0, static_cast<Byte>(command[5] == 3 ? 3 : 1), 0, 10};
      },
      disk);
  EXPECT_EQ(disk.erase, std::vector{EraseAbility::sanitize_crypto});
  EXPECT_FALSE(disk.health);
}
