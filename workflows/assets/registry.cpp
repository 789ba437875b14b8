#include "workflows/assets/registry.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/engine/events.hpp"

namespace colony::workflows {

namespace {

std::string short_serial(const std::string& serial) {
  std::string out;
  for (const char c : serial) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (plain) {
      out += c;
    } else if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c + 32);
    }
  }
  return out.substr(0, 40);
}

/// Empty when nothing is known that a name could be made of.
std::string name_for(const Identity& identity) {
  const std::string serial = short_serial(best_serial(identity));
  if (!serial.empty()) return "server-" + serial;
  if (!identity.macs.empty()) {
    std::string mac = identity.macs.front().to_string();
    std::erase(mac, ':');
    return "server-" + mac;
  }
  return {};
}

void put_row(Admission& admission, AssetRow row, const Identity& identity, core::UtcTime now) {
  row.identity_json = to_text(identity);
  row.updated_at = now;
  admission.batch.events.push_back(asset_event(row));
  admission.batch.writes.emplace_back(std::move(row));
}

/// Both sides know who they are, and nothing agrees: a network card moved between machines, or a lie.
bool contradicts(const Identity& known, const Identity& seen) {
  const bool uuid_differs = known.smbios_uuid && seen.smbios_uuid &&
                            *known.smbios_uuid != *seen.smbios_uuid &&
                            *known.smbios_uuid != seen.smbios_uuid->swapped();
  const auto serial_differs = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  const bool board_differs = serial_differs(known.board_serial, seen.board_serial);
  const bool system_differs = serial_differs(known.system_serial, seen.system_serial);
  return uuid_differs && (board_differs || system_differs);
}

/// A switch speaks twice a minute and scout may be gone before: what it said at an earlier look stands as
/// long as the link is up. The time is ours; scout's clock may be anything.
drivers::scout::Inventory with_neighbours(drivers::scout::Inventory seen,
                                          const drivers::scout::Inventory* before, core::UtcTime now) {
  for (auto& nic : seen.nics) {
    if (nic.lldp) {
      nic.lldp->heard_at = core::format_utc(now);
    } else if (before != nullptr && nic.link_up) {
      const auto known = std::ranges::find(before->nics, nic.mac, &drivers::scout::Nic::mac);
      if (known != before->nics.end()) nic.lldp = known->lldp;
    }
  }
  return seen;
}

}  // namespace

std::string best_serial(const Identity& identity) {
  for (const std::string* serial :
       {&identity.system_serial, &identity.board_serial, &identity.bmc_product_serial,
        &identity.bmc_board_serial, &identity.chassis_serial}) {
    if (!serial->empty()) return *serial;
  }
  return {};
}

Registry::Registry(Ledger& ledger) : ledger_(ledger) {
  ledger_.observe_working([this](const StagedBatch& batch) {
    for (const auto& row : batch.assets) index(*row);
  });
}

void Registry::index(const AssetRow& row) {
  KnownAsset& place = known_[row.id];
  remove_keys(row.id, place);
  place.identity = identity_from_text(row.identity_json);
  place.enrolled_bmc = row.bmc ? std::optional(row.bmc->address) : std::nullopt;
  if (!row.inventory_json.empty()) {
    if (const auto json = core::parse_json(row.inventory_json)) {
      if (auto inventory = drivers::scout::decode_inventory(*json)) {
        place.inventory = std::make_shared<const drivers::scout::Inventory>(std::move(*inventory));
      }
    }
  }
  if (place.identity.merged_into) return;  // its keys are the other's now
  add_keys(row.id, place);
}

const KnownAsset* Registry::known(const core::AssetId& id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second;
}

core::AssetId Registry::resolve(core::AssetId id) const {
  for (int hops = 0; hops < 8; ++hops) {
    const KnownAsset* const asset = known(id);
    if (asset == nullptr || !asset->identity.merged_into) break;
    id = *asset->identity.merged_into;
  }
  return id;
}

std::optional<core::AssetId> Registry::by_key(const std::string& key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<core::AssetId> Registry::by_mac(const core::MacAddress& mac) const {
  return by_key("mac:" + mac.to_string());
}

std::optional<core::AssetId> Registry::by_uuid(const core::Uuid& uuid) const {
  if (!is_usable_uuid(uuid)) return std::nullopt;
  return by_key("uuid:" + std::min(uuid, uuid.swapped()).to_string());
}

core::Result<core::AssetId> Registry::find(std::string_view ref) const {
  if (const auto id = core::AssetId::parse(ref); id && known_.contains(*id)) return resolve(*id);
  std::vector<core::AssetId> found;
  const auto mac = core::MacAddress::parse(ref);
  const auto address = core::Ipv4Address::parse(ref);
  for (const auto& [id, asset] : known_) {
    const Identity& who = asset.identity;
    const AssetPtr row = ledger_.working().asset(id);
    if (!row || who.merged_into) continue;
    const auto& bmc = row->bmc;
    const bool is_meant = row->name == ref || std::ranges::find(who.aliases, ref) != who.aliases.end() ||
                          who.system_serial == ref || who.board_serial == ref || who.chassis_serial == ref ||
                          who.bmc_board_serial == ref || who.bmc_product_serial == ref ||
                          (mac && std::ranges::find(who.macs, *mac) != who.macs.end()) ||
                          (mac && who.bmc_mac == mac) || (address && bmc && bmc->address == *address);
    if (is_meant && !ref.empty()) found.push_back(id);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return core::fail(
        core::ErrorKind::not_found, "asset.not_found",
        fmt::format("no asset is called '{}'; id, name, serial, MAC or BMC address are accepted",
                    core::printable(ref)));
  }
  return core::fail(core::ErrorKind::conflict, "asset.ambiguous",
                    fmt::format("'{}' names {} assets; give the id", core::printable(ref), found.size()));
}

std::optional<core::AssetId> Registry::attribute(const core::Evidence& evidence) {
  std::optional<core::AssetId> asset;
  if (evidence.asset) asset = resolve(*evidence.asset);
  if (!asset && evidence.mac) asset = by_mac(*evidence.mac);
  if (!asset && evidence.smbios_uuid) asset = by_uuid(*evidence.smbios_uuid);
  if (asset && evidence.address &&
      (addresses_.contains(*evidence.address) || addresses_.size() < max_addresses)) {
    addresses_[*evidence.address] = {*asset, evidence.mac};
  }
  if (asset || !evidence.address) return asset;
  const auto tenant = addresses_.find(*evidence.address);
  if (tenant == addresses_.end()) return std::nullopt;
  // A new port of its machine, which told its UUID before, is followed; another machine has the lease now.
  if (evidence.mac && evidence.mac != tenant->second.mac) {
    addresses_.erase(tenant);
    return std::nullopt;
  }
  return resolve(tenant->second.asset);
}

std::vector<core::AssetId> Registry::owners(const Identity& identity) const {
  std::vector<core::AssetId> found;
  for (const auto& key : strong_keys(identity)) {
    const auto owner = by_key(key);
    // A UUID may be that of a twin; ports, serial numbers and the BMC's MAC are of one machine.
    const bool weak = key.starts_with("uuid:") || key.starts_with("guid:");
    if (owner && weak && is_other_machine(known(*owner)->identity, identity)) continue;
    if (owner && std::ranges::find(found, *owner) == found.end()) found.push_back(*owner);
  }
  return found;
}

bool Registry::is_placeholder(const core::AssetId& id) const {
  const AssetPtr row = ledger_.working().asset(id);
  return row && !row->accepted && !row->bmc && row->status == AssetStatus::discovering &&
         !ledger_.working().running(id);
}

std::optional<core::AssetId> Registry::named(std::string_view name) const {
  for (const auto& [id, row] : ledger_.working().assets()) {
    const KnownAsset* const asset = known(id);
    const bool gone = asset != nullptr && asset->identity.merged_into;
    if (row->name == name && !gone) return id;
  }
  return std::nullopt;
}

std::string Registry::free_name(std::string wanted) const {
  if (!named(wanted)) return wanted;
  for (unsigned n = 2;; ++n) {
    std::string candidate = fmt::format("{}-{}", wanted, n);
    if (!named(candidate)) return candidate;
  }
}

core::Result<AssetRow> Registry::new_row(std::string name, core::UtcTime now, core::Random& random) const {
  if (known_.size() >= max_assets) {
    return core::fail(core::ErrorKind::exhausted, "asset.too_many",
                      fmt::format("this appliance keeps at most {} assets", max_assets));
  }
  AssetRow row;
  row.id = core::AssetId(random.uuid());
  row.name = free_name(std::move(name));
  row.created_at = now;
  return row;
}

void Registry::merge_into(Admission& admission, const core::AssetId& from, AssetRow& into, Identity& identity,
                          core::UtcTime now) const {
  const AssetPtr old = ledger_.working().asset(from);
  const KnownAsset* const asset = known(from);
  if (!old || asset == nullptr) return;
  add_to(identity, asset->identity);
  if (into.inventory_json.empty()) into.inventory_json = old->inventory_json;
  AssetRow gone = old->clone();
  Identity pointer;
  pointer.merged_into = into.id;
  admission.merged = from;
  put_row(admission, std::move(gone), pointer, now);
}

core::Result<Admission> Registry::admit(const drivers::scout::Inventory& inventory,
                                        std::optional<core::AssetId> expected, core::UtcTime now,
                                        core::Random& random) const {
  Identity seen = identity_of(inventory);
  if (!inventory.boot_mac.is_zero() && std::ranges::find(seen.macs, inventory.boot_mac) == seen.macs.end()) {
    seen.macs.push_back(inventory.boot_mac);
  }
  if (strong_keys(seen).empty()) {
    return core::fail(core::ErrorKind::conflict, "asset.no_identity",
                      "the machine has no MAC, serial or UUID by which it could be recognised again");
  }
  std::vector<core::AssetId> same = owners(seen);
  // BMCs that an operator enrolled and whose machine was not known until now.
  std::string matched;
  for (const auto& [id, asset] : known_) {
    const AssetPtr row = ledger_.working().asset(id);
    if (!row || asset.identity.merged_into || !asset.identity.macs.empty()) continue;
    const auto& bmc = row->bmc;
    if (!bmc) continue;
    const auto reason = match_reason(seen, asset.identity, bmc->address);
    if (reason.empty()) continue;
    matched = reason;
    if (std::ranges::find(same, id) == same.end()) same.push_back(id);
  }
  // What was seen before its BMC was known steps back behind the asset of that BMC.
  std::optional<core::AssetId> placeholder;
  if (same.size() == 2) {
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (is_placeholder(same[i]) && !is_placeholder(same[1 - i])) {
        placeholder = same[i];
        same = {same[1 - i]};
        break;
      }
    }
  }
  if (same.size() > 1) {
    return core::fail(core::ErrorKind::conflict, "asset.conflict",
                      fmt::format("its keys belong to {} assets, {} and {} among them", same.size(),
                                  same[0].to_string(), same[1].to_string()));
  }
  if (expected && (same.empty() || same.front() != *expected)) {
    return core::fail(core::ErrorKind::conflict, "asset.mismatch",
                      fmt::format("asset {} was booted, but this machine is {}", expected->to_string(),
                                  same.empty() ? "unknown" : same.front().to_string()));
  }
  Admission admission;
  admission.matched = matched;
  AssetRow row;
  Identity identity;
  if (same.empty()) {
    auto fresh = new_row(name_for(seen), now, random);
    if (!fresh) return std::unexpected(fresh.error());
    row = std::move(*fresh);
    admission.created = true;
  } else {
    const KnownAsset* const asset = known(same.front());
    if (contradicts(asset->identity, seen)) {
      return core::fail(
          core::ErrorKind::conflict, "asset.contradiction",
          fmt::format("it shares a key with asset {}, but UUID and serials differ: was a network "
                      "card moved?",
                      same.front().to_string()));
    }
    row = ledger_.working().asset(same.front())->clone();
    identity = asset->identity;
  }
  admission.asset = row.id;
  if (placeholder) merge_into(admission, *placeholder, row, identity, now);
  add_to(identity, seen);
  retire_other_macs(identity, seen.macs);
  const KnownAsset* const before = same.empty() ? nullptr : known(same.front());
  row.inventory_json = core::dump_json(drivers::scout::to_json(
      with_neighbours(inventory, before == nullptr ? nullptr : before->inventory.get(), now)));
  if (row.accepted && row.status == AssetStatus::discovering && !ledger_.working().running(row.id)) {
    row.status = AssetStatus::available;
  }
  put_row(admission, std::move(row), identity, now);
  return admission;
}

core::Result<Admission> Registry::enrol(BmcRecord bmc, const drivers::BmcIdentity& bmc_identity,
                                        std::string name, core::UtcTime now, core::Random& random) const {
  Identity told = identity_of(bmc_identity);
  std::vector<core::AssetId> same;
  std::string matched;
  for (const auto& [id, asset] : known_) {
    const AssetPtr row = ledger_.working().asset(id);
    if (!row || asset.identity.merged_into) continue;
    const auto& known = row->bmc;
    const bool same_place = known && known->address == bmc.address && known->port == bmc.port;
    const bool same_guid =
        known && !same_place && told.bmc_guid && asset.identity.bmc_guid &&
        (*told.bmc_guid == *asset.identity.bmc_guid || *told.bmc_guid == asset.identity.bmc_guid->swapped());
    // At another address it is the same BMC only when its serial says so too: some vendors ship one GUID in
    // every board. Then the GUID identifies nothing.
    const bool same_bmc = same_guid && !told.bmc_board_serial.empty() &&
                          told.bmc_board_serial == asset.identity.bmc_board_serial;
    if (same_guid && !same_bmc) told.bmc_guid.reset();
    // A machine that was seen before: recognised by what it knows of its BMC.
    const auto reason = row->bmc ? std::string_view{} : match_reason(asset.identity, told, bmc.address);
    if (same_place || same_bmc || !reason.empty()) same.push_back(id);
    if (!reason.empty()) matched = reason;
  }
  if (same.size() > 1) {
    return core::fail(
        core::ErrorKind::conflict, "bmc.conflict",
        fmt::format("the BMC at {} belongs to {} assets, {} and {} among them", bmc.address.to_string(),
                    same.size(), same[0].to_string(), same[1].to_string()));
  }
  // A name that somebody gave is taken as it is or not at all: scripts go on to use it.
  const std::optional<core::AssetId> bearer = name.empty() ? std::nullopt : named(name);
  if (bearer && (same.empty() || same.front() != *bearer)) {
    return core::fail(core::ErrorKind::conflict, "asset.name_taken",
                      fmt::format("another asset is called {} already ({}); choose another name",
                                  core::printable(name), bearer->to_string()));
  }
  Admission admission;
  admission.matched = matched;
  AssetRow row;
  Identity identity;
  if (same.empty()) {
    if (name.empty()) name = name_for(told);
    if (name.empty()) name = fmt::format("bmc-{}", bmc.address.to_string());
    auto fresh = new_row(std::move(name), now, random);
    if (!fresh) return std::unexpected(fresh.error());
    row = std::move(*fresh);
    admission.created = true;
  } else {
    row = ledger_.working().asset(same.front())->clone();
    identity = known(same.front())->identity;
    if (!name.empty()) row.name = std::move(name);
  }
  admission.asset = row.id;
  add_to(identity, told);
  row.bmc = std::move(bmc);
  row.bmc_identity_json = to_text(bmc_identity);
  row.accepted = true;
  if (row.condition == AssetCondition::unreachable) {
    row.condition = AssetCondition::normal;
    row.condition_reason.clear();
  }
  if (row.status == AssetStatus::discovering && !row.inventory_json.empty() &&
      !ledger_.working().running(row.id)) {
    row.status = AssetStatus::available;
  }
  put_row(admission, std::move(row), identity, now);
  return admission;
}

core::Result<Admission> Registry::join(core::AssetId machine, core::AssetId bmc, core::UtcTime now) const {
  const AssetPtr owner = ledger_.working().asset(bmc);
  if (!owner || known(bmc) == nullptr || !is_placeholder(machine)) {
    return core::fail(core::ErrorKind::conflict, "asset.conflict",
                      fmt::format("{} is an asset of its own already", machine.to_string()));
  }
  Admission admission;
  admission.asset = bmc;
  admission.matched = "power test";
  AssetRow row = owner->clone();
  Identity identity = known(bmc)->identity;
  merge_into(admission, machine, row, identity, now);
  put_row(admission, std::move(row), identity, now);
  return admission;
}

}  // namespace colony::workflows
