#include "ramdisk/machine/nvme_disk.hpp"

#include <algorithm>

#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

using core::ByteView;
using drivers::scout::Disk;
using drivers::scout::DiskHealth;
using drivers::scout::EraseAbility;
using drivers::scout::HealthVerdict;

namespace {

constexpr std::size_t identify_bytes = 4096, health_bytes = 512;
constexpr std::uint8_t get_log_page = 0x02, identify = 0x06;
constexpr std::uint32_t identify_controller = 0x01, health_log = 0x02, all_namespaces = 0xffffffff;

std::uint64_t le(ByteView bytes, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | bytes[offset + i];
  return value;
}

/// A 128-bit number; what is above 64 bits is more than there can be.
std::uint64_t le128(ByteView bytes, std::size_t offset) {
  constexpr std::uint64_t most = ~0ULL;
  return le(bytes, offset + 8, 8) != 0 ? most : le(bytes, offset, 8);
}

}  // namespace

std::optional<NvmeController> decode_nvme_controller(ByteView page) {
  if (page.size() < identify_bytes) return std::nullopt;
  NvmeController controller;
  controller.firmware = clean(core::as_text(page.subspan(64, 8)));
  const auto optional_commands = le(page, 256, 2);  // OACS
  // UNVMCAP means something where namespaces are managed; at most what HiddenCapacity carries.
  constexpr unsigned can_format = 1U << 1, can_manage = 1U << 3;
  if ((optional_commands & can_manage) != 0) {
    controller.unallocated_bytes = std::min<std::uint64_t>(le128(page, 296), ~0ULL / 4);
  }
  const auto can = [&controller](bool able, EraseAbility ability) {
    if (able) controller.erase.push_back(ability);
  };
  const auto sanitize = le(page, 328, 4);  // SANICAP
  can((sanitize & 2) != 0, EraseAbility::sanitize_block);
  can((sanitize & 1) != 0, EraseAbility::sanitize_crypto);
  can((sanitize & 4) != 0, EraseAbility::sanitize_overwrite);
  const bool formats = (optional_commands & can_format) != 0;
  can(formats, EraseAbility::nvme_format);
  can(formats && (page[524] & 4) != 0, EraseAbility::nvme_format_crypto);  // FNA
  return controller;
}

std::optional<DiskHealth> decode_nvme_health(ByteView log) {
  if (log.size() < health_bytes) return std::nullopt;
  DiskHealth health;
  const auto spare = log[3];
  health.percentage_used = log[5];
  const auto kelvin = le(log, 1, 2);
  if (kelvin >= 273 && kelvin <= 1273) health.temperature_celsius = static_cast<unsigned>(kelvin - 273);
  health.power_on_hours = le128(log, 128);
  health.media_errors = le128(log, 160);
  if (log[5] >= 100) {
    health.verdict = HealthVerdict::warning;
    health.reason = "its rated life is used up";
  }
  enum Warning : core::Byte { spare_low = 1, hot = 2, unreliable = 4, read_only = 8, no_backup = 16 };
  const core::Byte warning = log[0];
  if ((warning & hot) != 0) {
    health.verdict = HealthVerdict::warning;
    health.reason = "its temperature is out of bounds";
  }
  if ((warning & no_backup) != 0) {
    health.verdict = HealthVerdict::warning;
    health.reason = "its volatile memory has lost its backup";
  }
  if ((warning & spare_low) != 0) {
    health.verdict = HealthVerdict::warning;
    health.reason = "only " + std::to_string(spare) + "% of its spare blocks are left";
  }
  if ((warning & unreliable) != 0) {
    health.verdict = HealthVerdict::failing;
    health.reason = "media errors made it unreliable";
  }
  if ((warning & read_only) != 0) {
    health.verdict = HealthVerdict::failing;
    health.reason = "it has become read-only";
  }
  return health;
}

void ask_nvme(const NvmeCommand& send, Disk& disk) {
  const auto page = send({.opcode = identify, .cdw10 = identify_controller, .read_bytes = identify_bytes});
  if (const auto controller = page ? decode_nvme_controller(*page) : std::nullopt) {
    if (!controller->firmware.empty()) disk.firmware = controller->firmware;
    disk.erase.insert(disk.erase.end(), controller->erase.begin(), controller->erase.end());
    disk.hidden = drivers::scout::HiddenCapacity{.unallocated_bytes = controller->unallocated_bytes};
  }
  constexpr std::uint32_t dwords = health_bytes / 4 - 1;
  const auto log = send({.opcode = get_log_page,
                         .namespace_id = all_namespaces,
                         .cdw10 = dwords << 16 | health_log,
                         .read_bytes = health_bytes});
  if (log) disk.health = decode_nvme_health(*log);
}

}  // namespace colony::ramdisk
