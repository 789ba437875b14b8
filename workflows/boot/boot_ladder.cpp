#include "workflows/boot/boot_ladder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::workflows {

namespace {

using drivers::BootFirmware;
using drivers::BootPersistence;

BootFirmware other(BootFirmware firmware) {
  return firmware == BootFirmware::efi ? BootFirmware::legacy : BootFirmware::efi;
}

}  // namespace

std::string to_text(const BootRung& rung) {
  return fmt::format("{}/{}{}", rung.persistence == BootPersistence::once ? "once" : "persistent",
                     rung.firmware == BootFirmware::efi ? "efi" : "legacy",
                     rung.before == RungBefore::bmc_reset ? "/reset" : "");
}

std::optional<BootRung> parse_boot_rung(std::string_view text) {
  for (BootRung rung : boot_ladder(BootFirmware::efi)) {
    for (const auto before : {RungBefore::nothing, RungBefore::bmc_reset}) {
      rung.before = before;
      if (to_text(rung) == text) return rung;
    }
  }
  return std::nullopt;
}

std::string describe(const BootRung& rung) {
  return fmt::format("{} {}{}", rung.persistence == BootPersistence::once ? "one-time" : "persistent",
                     rung.firmware == BootFirmware::efi ? "EFI" : "legacy",
                     rung.before == RungBefore::bmc_reset ? " after a reset of the BMC" : "");
}

std::vector<BootRung> boot_ladder(BootFirmware likely, std::optional<BootRung> worked, RungBefore last) {
  std::vector<BootRung> rungs;
  if (worked) rungs.push_back(*worked);
  for (const auto persistence : {BootPersistence::once, BootPersistence::persistent}) {
    for (const auto firmware : {likely, other(likely)}) {
      const BootRung rung{persistence, firmware};
      if (std::ranges::find(rungs, rung) == rungs.end()) rungs.push_back(rung);
    }
  }
  if (last != RungBefore::nothing) {
    rungs.push_back(rungs.front());
    rungs.back().before = last;
  }
  return rungs;
}

std::string rung_setting(std::string_view model) {
  return fmt::format("boot.rung.{}", model);
}

std::string model_of(const drivers::BmcIdentity& identity) {
  if (identity.manufacturer_id == 0 && identity.product_id == 0) return {};
  return fmt::format("{}:{}", identity.manufacturer_id, identity.product_id);
}

}  // namespace colony::workflows
