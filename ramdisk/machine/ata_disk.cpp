#include "ramdisk/machine/ata_disk.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

using core::ByteView;
using drivers::scout::Disk;
using drivers::scout::DiskHealth;
using drivers::scout::EraseAbility;
using drivers::scout::HealthVerdict;
using drivers::scout::HiddenCapacity;

namespace {

constexpr std::size_t page_bytes = 512;
constexpr std::uint64_t max_lba = (1ULL << 48) - 1;

constexpr std::uint8_t identify_device = 0xec, smart = 0xb0, configuration = 0xb1, read_log = 0x2f;
constexpr std::uint8_t read_native_max = 0x27, accessible_max_address = 0x78;
constexpr std::uint16_t smart_read_data = 0xd0, smart_return_status = 0xda, configuration_identify = 0xc2;
// LBA bits 23:8 of every SMART command, and what they become when a threshold was passed.
constexpr std::uint64_t smart_signature = 0xc24f00, smart_failing = 0x2cf400;

std::uint16_t word(ByteView page, std::size_t index) {
  return static_cast<std::uint16_t>(page[2 * index] | page[2 * index + 1] << 8);
}
bool bit(std::uint16_t value, unsigned number) {
  return (value >> number & 1) != 0;
}
std::uint64_t words(ByteView page, std::size_t first, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 16 | word(page, first + i);
  return value;
}
/// Words 82-84 and their like tell only when bits 15:14 are 01b.
bool is_valid(std::uint16_t value) {
  return value >> 14 == 1;
}

/// Two characters a word, the first in the upper byte.
std::string ata_text(ByteView page, std::size_t first, std::size_t count) {
  std::string text;
  for (std::size_t i = first; i < first + count; ++i) {
    text.push_back(static_cast<char>(word(page, i) >> 8));
    text.push_back(static_cast<char>(word(page, i) & 0xff));
  }
  return clean(text);
}

/// Words 89 and 90: in units of two minutes, in 15 bits where bit 15 says so, else in 8; 0 = not told.
std::optional<unsigned> erase_minutes(std::uint16_t value) {
  const unsigned units = bit(value, 15) ? value & 0x7fffU : value & 0xffU;
  return units == 0 ? std::nullopt : std::optional(units * 2);
}

bool sums_to_zero(ByteView page) {
  return std::accumulate(page.begin(), page.end(), 0U) % 256 == 0;
}

std::optional<core::Bytes> read_page(const AtaCommand& send, AtaRequest request) {
  request.count = 1;
  request.reads = true;
  auto reply = send(request);
  if (!reply || reply->data.size() < page_bytes) return std::nullopt;
  return std::move(reply->data);
}

std::uint64_t beyond(std::uint64_t all, std::uint64_t shown, std::uint32_t sector_bytes) {
  return all > shown ? (all - shown) * sector_bytes : 0;
}

/// nullopt when the disk could hide something and does not say how much.
std::optional<HiddenCapacity> ask_hidden(const AtaCommand& send, const AtaIdentity& identity) {
  HiddenCapacity hidden;
  std::uint64_t native = identity.sectors;
  if (identity.host_protected_area || identity.accessible_max) {
    const auto reply =
        send({.command = identity.host_protected_area ? read_native_max : accessible_max_address,
              .extended = true});
    if (!reply || reply->lba > max_lba) return std::nullopt;
    native = std::max(native, reply->lba + 1);
    hidden.host_protected_bytes = beyond(native, identity.sectors, identity.sector_bytes);
  }
  if (identity.configuration_overlay) {
    const auto page = read_page(send, {.command = configuration, .feature = configuration_identify});
    if (!page || !sums_to_zero(*page)) return std::nullopt;
    // Words 3-6 of the overlay: the highest address that the disk was made with (ATA8-ACS table 22).
    const std::uint64_t made_with = words(*page, 3, 4);
    if (made_with > max_lba) return std::nullopt;
    hidden.configuration_bytes = beyond(made_with + 1, native, identity.sector_bytes);
  }
  return hidden;
}

struct SmartData {
  std::optional<std::uint64_t> power_on_hours, reallocated, pending;
  std::optional<unsigned> celsius;
};

/// Vendors' attributes in the layout that they all use: from byte 2 on thirty of twelve bytes.
SmartData decode_smart(ByteView page) {
  SmartData data;
  for (std::size_t i = 0; i < 30; ++i) {
    const ByteView attribute = page.subspan(2 + 12 * i, 12);
    std::uint64_t raw = 0;
    for (std::size_t b = 6; b-- > 0;) raw = raw << 8 | attribute[5 + b];
    switch (attribute[0]) {
      case 5: data.reallocated = raw & 0xffffffff; break;
      case 9: data.power_on_hours = raw & 0xffffff; break;  // above it some count milliseconds
      case 194: data.celsius = static_cast<unsigned>(raw & 0xff); break;
      case 197: data.pending = raw & 0xffffffff; break;
      default: break;
    }
  }
  return data;
}

/// Device Statistics log, page 7 "Solid State Device Statistics" (ACS-4 section 9.5.9).
std::optional<unsigned> ask_percentage_used(const AtaCommand& send) {
  const auto page = read_page(send, {.command = read_log, .lba = 0x0704, .extended = true});
  if (!page || (*page)[2] != 7) return std::nullopt;
  constexpr core::Byte supported_and_valid = 0xc0;
  if (((*page)[15] & supported_and_valid) != supported_and_valid) return std::nullopt;
  return (*page)[8];
}

std::optional<DiskHealth> ask_health(const AtaCommand& send, const AtaIdentity& identity) {
  if (!identity.smart) return std::nullopt;
  const auto status = send({.command = smart, .feature = smart_return_status, .lba = smart_signature});
  if (!status) return std::nullopt;
  DiskHealth health;
  if (const auto page =
          read_page(send, {.command = smart, .feature = smart_read_data, .lba = smart_signature});
      page && sums_to_zero(*page)) {
    const SmartData data = decode_smart(*page);
    health.power_on_hours = data.power_on_hours;
    health.temperature_celsius = data.celsius;
    health.media_errors = data.reallocated;
    if (const auto pending = data.pending.value_or(0); pending > 0) {
      health.verdict = HealthVerdict::warning;
      health.reason = fmt::format("{} sectors wait to be reallocated", pending);
    }
  }
  if (identity.statistics) health.percentage_used = ask_percentage_used(send);
  if (health.percentage_used.value_or(0) >= 100) {
    health.verdict = HealthVerdict::warning;
    health.reason = "its rated life is used up";
  }
  if ((status->lba & 0xffff00) == smart_failing) {
    health.verdict = HealthVerdict::failing;
    health.reason = "SMART: a threshold was passed";
  }
  return health;
}

}  // namespace

core::Bytes ata_pass_through(const AtaRequest& request) {
  constexpr core::Byte non_data = 3, pio_in = 4;
  constexpr core::Byte check_condition = 0x20, from_device = 0x08, in_blocks = 0x04, length_in_count = 0x02;
  const auto byte = [](std::uint64_t value, unsigned shift) {
    return static_cast<core::Byte>(value >> shift & 0xff);
  };
  const core::Byte protocol = request.reads ? pio_in : non_data;
  return {
      0x85,
      static_cast<core::Byte>(protocol << 1 | (request.extended ? 1 : 0)),
      request.reads ? static_cast<core::Byte>(from_device | in_blocks | length_in_count) : check_condition,
      byte(request.feature, 8),
      byte(request.feature, 0),
      byte(request.count, 8),
      byte(request.count, 0),
      byte(request.lba, 24),
      byte(request.lba, 0),
      byte(request.lba, 32),
      byte(request.lba, 8),
      byte(request.lba, 40),
      byte(request.lba, 16),
      request.extended ? core::Byte{0x40} : core::Byte{0},
      request.command,
      0};
}

std::optional<std::uint64_t> decode_ata_return(ByteView sense) {
  core::ByteReader reader(sense);
  const auto code = reader.u8();
  if (!code || (*code & 0x7f) != 0x72 || !reader.skip(6)) return std::nullopt;
  const auto length = reader.u8();
  if (!length) return std::nullopt;
  constexpr core::Byte status_return = 0x09, error_bit = 0x01, fault_bit = 0x20;
  while (reader.remaining() > 2) {
    const auto type = reader.u8();
    const auto size = reader.u8();
    const auto body = size ? reader.take(*size) : std::nullopt;
    if (!type || !body) return std::nullopt;
    if (*type != status_return) continue;
    if (body->size() < 12 || ((*body)[11] & (error_bit | fault_bit)) != 0) return std::nullopt;
    const ByteView b = *body;
    // Low and high bytes alternate; without the extend bit the upper half means nothing.
    std::uint64_t lba = static_cast<std::uint64_t>(b[9]) << 16 | static_cast<std::uint64_t>(b[7]) << 8 | b[5];
    if ((b[0] & 1) != 0) {
      lba |= static_cast<std::uint64_t>(b[8]) << 40 | static_cast<std::uint64_t>(b[6]) << 32 |
             static_cast<std::uint64_t>(b[4]) << 24;
    }
    return lba;
  }
  return std::nullopt;
}

std::optional<AtaIdentity> decode_ata_identity(ByteView page) {
  if (page.size() < page_bytes) return std::nullopt;
  page = page.first(page_bytes);
  // Word 255: with the signature A5h the page sums to zero. Older disks have none.
  if (page[510] == 0xa5 && !sums_to_zero(page)) return std::nullopt;
  AtaIdentity identity;
  identity.firmware = ata_text(page, 23, 4);
  const bool told = is_valid(word(page, 83));
  const bool has_48_bit = told && bit(word(page, 83), 10);
  identity.sectors = has_48_bit ? words(page, 100, 4) : words(page, 60, 2);
  if (identity.sectors > max_lba) return std::nullopt;
  if (is_valid(word(page, 106)) && bit(word(page, 106), 12)) {
    const std::uint64_t words_a_sector = words(page, 117, 2);
    if (words_a_sector >= 256 && words_a_sector <= (1 << 19))
      identity.sector_bytes = static_cast<std::uint32_t>(words_a_sector * 2);
  }
  identity.smart = told && bit(word(page, 82), 0) && bit(word(page, 85), 0);
  identity.host_protected_area = told && bit(word(page, 82), 10);
  identity.configuration_overlay = told && bit(word(page, 83), 11);
  identity.accessible_max = is_valid(word(page, 119)) && bit(word(page, 119), 8);
  identity.statistics = is_valid(word(page, 84)) && bit(word(page, 84), 5);
  const auto can = [&identity](bool able, EraseAbility ability) {
    if (able) identity.erase.push_back(ability);
  };
  const std::uint16_t security = word(page, 128);
  if (bit(security, 0)) {
    can(true, EraseAbility::ata_security);
    can(bit(security, 5), EraseAbility::ata_security_enhanced);
    can(bit(security, 1), EraseAbility::ata_security_enabled);
    can(bit(security, 2), EraseAbility::ata_security_locked);
    can(bit(security, 3), EraseAbility::ata_security_frozen);
    identity.secure_erase_minutes = erase_minutes(word(page, 89));
    if (bit(security, 5)) identity.enhanced_erase_minutes = erase_minutes(word(page, 90));
  }
  const std::uint16_t sanitize = word(page, 59);
  if (bit(sanitize, 12)) {
    can(bit(sanitize, 15), EraseAbility::sanitize_block);
    can(bit(sanitize, 13), EraseAbility::sanitize_crypto);
    can(bit(sanitize, 14), EraseAbility::sanitize_overwrite);
  }
  return identity;
}

void ask_ata(const AtaCommand& send, Disk& disk) {
  const auto page = read_page(send, {.command = identify_device});
  const auto identity = page ? decode_ata_identity(*page) : std::nullopt;
  if (!identity) return;
  if (!identity->firmware.empty()) disk.firmware = identity->firmware;
  disk.erase.insert(disk.erase.end(), identity->erase.begin(), identity->erase.end());
  disk.secure_erase_minutes = identity->secure_erase_minutes;
  disk.enhanced_erase_minutes = identity->enhanced_erase_minutes;
  disk.hidden = ask_hidden(send, *identity);
  disk.health = ask_health(send, *identity);
}

}  // namespace colony::ramdisk
