#pragma once
// What a BMC can be told so that its machine boots from the network, in the order to try. Whether a BMC
// obeyed is known only from the boot that is seen: some take the setting and ignore it, some honour it only
// without the EFI bit or only when it is persistent (IPMI 2.0 section 28.13; facts from the field: Supermicro
// X11, Dell in UEFI mode).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/bmc_values.hpp"

namespace colony::workflows {

/// The last rung restarts the BMC first, where the site allows that.
enum class RungBefore : std::uint8_t { nothing, bmc_reset };

struct BootRung {
  drivers::BootPersistence persistence = drivers::BootPersistence::once;
  drivers::BootFirmware firmware = drivers::BootFirmware::efi;
  RungBefore before = RungBefore::nothing;
  friend bool operator==(const BootRung&, const BootRung&) = default;
};

/// "once/efi", "once/efi/reset": as it is journaled.
[[nodiscard]] std::string to_text(const BootRung& rung);
[[nodiscard]] std::optional<BootRung> parse_boot_rung(std::string_view text);
/// "one-time EFI", for people.
[[nodiscard]] std::string describe(const BootRung& rung);

/// Each rung once: first the one that worked on this model of BMC, then one-time before persistent, and the
/// firmware that is likely before the other. With `last` as said, the first one once more after a reset of
/// the BMC.
[[nodiscard]] std::vector<BootRung> boot_ladder(drivers::BootFirmware likely,
                                                std::optional<BootRung> worked = std::nullopt,
                                                RungBefore last = RungBefore::nothing);

/// Where the rung that worked is kept for a model of BMC.
[[nodiscard]] std::string rung_setting(std::string_view model);
/// What BMCs of one kind have in common; empty when it does not say what it is.
[[nodiscard]] std::string model_of(const drivers::BmcIdentity& identity);

}  // namespace colony::workflows
