#pragma once
// Which network card of a machine is meant: by its permanent MAC, or by a rule over its attributes. Never by
// a kernel name: eth0 may be another one at the next boot, and in another system.
//
//   RULE = TERM{,TERM}
//   TERM = (mac|driver|pci|firmware|switch|port)=GLOB | speed(=|>=|<=)SPEED | link=(yes|no)
//        | boot=(yes|no) | fastest
//   SPEED = Mbit/s, or with M or G: 25000, 25G; GLOB knows * and ?, and upper and lower case are one
//
// `boot` is the card by which the machine last booted from the network. `switch` and `port` are what the
// other end of the cable says by LLDP: the switch's name, or its chassis id; the port's id or description.
// What a card's speed or neighbour is, is known only while its link is up.
//
// A rule never chooses a BMC's own USB card. It must leave one: "fastest" of two ports of 25 Gbit/s is a
// refusal that names both.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::workflows {

inline constexpr std::size_t max_chosen_nics = 8;

/// "52:54:00:12:34:56, 25 Gbit/s, mlx5_core at 0000:41:00.0, leaf-3 Ethernet7": for refusals and
/// confirmations.
[[nodiscard]] std::string nic_text(const drivers::scout::Nic& nic);

/// One for each that is wanted, in that order. `purpose` begins the codes of refusals: PURPOSE.unknown_nic,
/// PURPOSE.nic_ambiguous, PURPOSE.nic_rule, PURPOSE.nic_kernel_name, which name the candidates;
/// PURPOSE.nic_twice, PURPOSE.too_many_nics.
[[nodiscard]] core::Result<std::vector<drivers::scout::Nic>> choose_nics(
    const drivers::scout::Inventory& inventory, std::span<const std::string> wanted,
    std::string_view purpose);

}  // namespace colony::workflows
