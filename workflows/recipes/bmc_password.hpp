#pragma once
// Passwords that we give to BMCs.

#include "core/random.hpp"
#include "core/secret.hpp"

namespace colony::workflows {

/// Sixteen letters and digits, none that is mistaken for another one (93 bits), with a capital, a small
/// letter and a digit among them. Every BMC can keep that: IPMI 1.5 has 16 bytes, and signs upset web pages,
/// shells and some firmware. BMCs that want a sign, too, refuse it and say so.
inline constexpr std::size_t bmc_password_length = 16;
[[nodiscard]] core::Secret make_bmc_password(core::Random& random);

}  // namespace colony::workflows
