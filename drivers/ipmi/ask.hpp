#pragma once
// A command whose answer must be yes, and the errors of answers. For the rooms' own operations.

#include "drivers/ipmi/fru.hpp"
#include "drivers/ipmi/operations.hpp"

namespace colony::drivers::ipmi {

[[nodiscard]] std::unexpected<core::Error> fail(IpmiError error,
                                                std::optional<std::uint8_t> detail = std::nullopt);
/// The data of an answer that says yes.
[[nodiscard]] core::Result<core::Bytes> accepted(core::Result<Answered> answer);
[[nodiscard]] core::Task<core::Result<core::Bytes>> ask(Link& link, Command command, core::BootTime deadline);
/// Did the BMC answer, so that the connection is fine and only this answer is missing?
[[nodiscard]] bool is_about_content(const core::Error& error);

/// FRU 0: areas that are absent or damaged are empty.
struct Inventory {
  FruBoard board;
  FruProduct product;
};
[[nodiscard]] core::Task<core::Result<Inventory>> read_inventory(Link& link, core::BootTime deadline);

}  // namespace colony::drivers::ipmi
