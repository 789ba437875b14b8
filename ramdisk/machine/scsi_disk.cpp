#include "ramdisk/machine/scsi_disk.hpp"

#include <array>

#include <fmt/format.h>

namespace colony::ramdisk {

using core::ByteView;
using drivers::scout::DiskHealth;
using drivers::scout::EraseAbility;
using drivers::scout::HealthVerdict;

namespace {

constexpr core::Byte exceptions_page = 0x2f;
constexpr core::Byte warning_code = 0x0b, prediction_code = 0x5d;  // additional sense codes

/// REPORT SUPPORTED OPERATION CODES for one service action of SANITIZE (SBC-3 section 5.33).
bool can_sanitize(const ScsiCommand& send, core::Byte service) {
  constexpr core::Byte maintenance_in = 0xa3, report_codes = 0x0c, one_with_service = 2, sanitize = 0x48;
  const std::array<core::Byte, 12> command{
      maintenance_in, report_codes, one_with_service, sanitize, 0, service, 0, 0, 0, 64, 0, 0};
  const auto answer = send(command, 64);
  // Byte 1, bits 2:0: 3 = supported as the standard says, 5 = in a vendor's way.
  return answer && answer->size() >= 4 && ((*answer)[1] & 7) == 3;
}

}  // namespace

std::optional<DiskHealth> decode_scsi_exceptions(ByteView page) {
  core::ByteReader reader(page);
  const auto code = reader.u8();
  const auto subpage = reader.u8();
  const auto length = reader.u16be();
  if (!code || !subpage || !length || (*code & 0x3f) != exceptions_page) return std::nullopt;
  const auto parameter = reader.u16be();
  const auto control = reader.u8();
  const auto size = reader.u8();
  const auto body = size ? reader.take(*size) : std::nullopt;
  if (!parameter || !control || !body || *parameter != 0 || body->size() < 2) return std::nullopt;
  DiskHealth health;
  const core::Byte sense = (*body)[0];
  const core::Byte qualifier = (*body)[1];
  if (body->size() > 2 && (*body)[2] > 0 && (*body)[2] < 255) health.temperature_celsius = (*body)[2];
  if (sense == prediction_code || sense == warning_code) {
    health.verdict = sense == prediction_code ? HealthVerdict::failing : HealthVerdict::warning;
    health.reason =
        fmt::format("the disk {} (ASC {:02X}h, ASCQ {:02X}h)",
                    sense == prediction_code ? "predicts its failure" : "warns", sense, qualifier);
  }
  return health;
}

void ask_scsi(const ScsiCommand& send, drivers::scout::Disk& disk) {
  constexpr core::Byte log_sense = 0x4d, current_values = 0x40;
  const std::array<core::Byte, 10> command{log_sense, 0, current_values | exceptions_page, 0, 0, 0, 0, 0,
                                           252,       0};
  if (const auto page = send(command, 252)) disk.health = decode_scsi_exceptions(*page);
  if (can_sanitize(send, 2)) disk.erase.push_back(EraseAbility::sanitize_block);
  if (can_sanitize(send, 3)) disk.erase.push_back(EraseAbility::sanitize_crypto);
  if (can_sanitize(send, 1)) disk.erase.push_back(EraseAbility::sanitize_overwrite);
}

}  // namespace colony::ramdisk
