#include "workflows/choice/nic_choice.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "workflows/choice/rule.hpp"

namespace colony::workflows {

using core::ErrorKind;
using core::Result;
using drivers::scout::Nic;

namespace {

constexpr std::array<std::string_view, 1> extremes{"fastest"};

/// How BMCs show themselves to their machine; no cable leads there.
constexpr std::array<std::string_view, 5> bmc_drivers{"cdc_ether", "cdc_eem", "cdc_ncm", "cdc_subset",
                                                      "rndis_host"};

/// In Mbit/s.
std::optional<std::uint64_t> parse_speed(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || number > (1ULL << 32)) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty() || unit == "M") return number;
  if (unit == "G") return number * 1000;
  return std::nullopt;
}

std::string speed_text(unsigned mbps) {
  if (mbps >= 1000 && mbps % 100 == 0) return fmt::format("{:g} Gbit/s", mbps / 1000.0);
  return fmt::format("{} Mbit/s", mbps);
}

/// Whether a card is what a term wants; nullopt: it is no term of a NIC rule.
std::optional<bool> is_wanted(const Term& term, const Nic& nic, core::MacAddress boot_mac) {
  if (term.key == "speed") {
    const auto speed = parse_speed(term.value);
    if (!speed) return std::nullopt;
    return nic.speed_mbps && holds(term.relation, *nic.speed_mbps, *speed);
  }
  if (term.relation != Relation::equal) return std::nullopt;
  const auto fit = [&term](const std::string& text) { return fits(term.value, text); };
  if (term.key == "mac") return fit(nic.mac.to_string());
  if (term.key == "driver") return fit(nic.driver);
  if (term.key == "pci") return fit(nic.pci_address);
  if (term.key == "firmware") return fit(nic.firmware);
  if (term.key == "switch") return nic.lldp && (fit(nic.lldp->system_name) || fit(nic.lldp->chassis_id));
  if (term.key == "port") return nic.lldp && (fit(nic.lldp->port_id) || fit(nic.lldp->port_description));
  const auto yes = parse_yes(term.value);
  if (yes && term.key == "link") return nic.link_up == *yes;
  if (yes && term.key == "boot") return (nic.mac == boot_mac) == *yes;
  return std::nullopt;
}

bool narrow(const std::vector<Nic>& nics, core::MacAddress boot_mac, const Term& term, Positions& left) {
  if (term.key == "fastest" && term.relation == Relation::none) {
    const auto speed_of = [&nics](std::size_t i) { return nics[i].speed_mbps.value_or(0); };
    if (left.empty()) return true;
    const auto most = speed_of(std::ranges::max(left, {}, speed_of));
    std::erase_if(left, [&](std::size_t i) { return speed_of(i) != most; });
    return true;
  }
  if (!is_wanted(term, Nic{}, boot_mac)) return false;
  std::erase_if(left, [&](std::size_t i) { return !is_wanted(term, nics[i], boot_mac).value_or(false); });
  return true;
}

std::vector<std::string> texts_of(const std::vector<Nic>& nics) {
  std::vector<std::string> texts;
  texts.reserve(nics.size());
  for (const auto& nic : nics) texts.push_back(nic_text(nic));
  return texts;
}

Result<Nic> nic_by_rule(const drivers::scout::Inventory& inventory, std::string_view rule,
                        std::string_view purpose) {
  std::vector<Nic> nics;
  std::ranges::copy_if(inventory.nics, std::back_inserter(nics), [](const Nic& nic) {
    return std::ranges::find(bmc_drivers, nic.driver) == bmc_drivers.end();
  });
  const auto chosen = choose_by_rule(
      {.noun = "NIC",
       .terms = "mac=, driver=, pci=, firmware=, switch=, port=, speed=, speed>=, speed<=, link=yes|no, "
                "boot=yes|no, fastest",
       .extremes = extremes,
       .candidates = texts_of(nics),
       .narrow = [&](const Term& term,
                     Positions& left) { return narrow(nics, inventory.boot_mac, term, left); }},
      rule, purpose);
  if (!chosen) return std::unexpected(chosen.error());
  return std::move(nics[*chosen]);
}

Result<Nic> choose_nic(const drivers::scout::Inventory& inventory, std::string_view wanted,
                       std::string_view purpose) {
  if (const auto mac = core::MacAddress::parse(wanted)) {
    const auto found = std::ranges::find(inventory.nics, *mac, &Nic::mac);
    if (found != inventory.nics.end()) return *found;
  } else if (is_rule(wanted, extremes)) {
    return nic_by_rule(inventory, wanted, purpose);
  }
  const auto now = std::ranges::find(inventory.nics, wanted, &Nic::name);
  if (!wanted.empty() && now != inventory.nics.end()) {
    return refuse(ErrorKind::invalid_input, purpose, "nic_kernel_name",
                  fmt::format("'{}' may be another card at the next boot: name it by MAC or rule; when last "
                              "seen it was {}",
                              core::printable(wanted), nic_text(*now)));
  }
  return refuse(ErrorKind::not_found, purpose, "unknown_nic",
                fmt::format("'{}' is neither the MAC of a NIC of this asset nor a rule; there are: {}",
                            core::printable(wanted), list_of(texts_of(inventory.nics))));
}

}  // namespace

std::string nic_text(const Nic& nic) {
  std::string text = nic.mac.to_string();
  if (!nic.link_up) {
    text += ", no link";
  } else if (nic.speed_mbps) {
    text += ", " + speed_text(*nic.speed_mbps);
  }
  if (!nic.driver.empty()) text += ", " + nic.driver;
  if (!nic.pci_address.empty()) text += " at " + nic.pci_address;
  if (nic.lldp) {
    const auto& lldp = *nic.lldp;
    text +=
        fmt::format(", {} {}", lldp.system_name.empty() ? lldp.chassis_id : lldp.system_name, lldp.port_id);
  }
  return text;
}

Result<std::vector<Nic>> choose_nics(const drivers::scout::Inventory& inventory,
                                     std::span<const std::string> wanted, std::string_view purpose) {
  if (wanted.size() > max_chosen_nics) {
    return refuse(ErrorKind::invalid_input, purpose, "too_many_nics",
                  fmt::format("at most {} NICs are taken", max_chosen_nics));
  }
  std::vector<Nic> chosen;
  for (const auto& one : wanted) {
    auto nic = choose_nic(inventory, one, purpose);
    if (!nic) return std::unexpected(nic.error());
    // The address is all that a machine config knows it by.
    const auto has_its_mac = [&nic](const Nic& other) { return other.mac == nic->mac; };
    if (std::ranges::count_if(inventory.nics, has_its_mac) > 1) {
      return refuse(ErrorKind::refused, purpose, "nic_ambiguous",
                    fmt::format("more than one NIC of this asset has the MAC {}", nic->mac.to_string()));
    }
    if (std::ranges::any_of(chosen, has_its_mac)) {
      return refuse(
          ErrorKind::refused, purpose, "nic_twice",
          fmt::format("'{}' means {}, which was named before", core::printable(one), nic_text(*nic)));
    }
    chosen.push_back(std::move(*nic));
  }
  return chosen;
}

}  // namespace colony::workflows
