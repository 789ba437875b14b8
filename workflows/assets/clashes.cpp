// The part of Registry that notices what cannot be: one disk in two assets, a BMC that belongs to another
// machine than was said, one UUID of several machines.

#include <algorithm>

#include <fmt/format.h>

#include "workflows/assets/registry.hpp"

namespace colony::workflows {

using drivers::scout::Disk;

namespace {

/// By what a disk is told from every other one in the world; empty when it is not. Serial numbers of virtual
/// disks are whatever somebody gave them, or QEMU's own count.
std::string disk_key(const Disk& disk) {
  if (disk.removable) return {};
  if (!disk.id.wwn.empty()) return "wwn:" + disk.id.wwn;
  if (disk.transport == "virtio" || disk.model.starts_with("QEMU") || !is_usable_serial(disk.id.serial))
    return {};
  return fmt::format("serial:{}/{}", disk.model, disk.id.serial);
}

bool is_weak(const std::string& key) {
  return key.starts_with("uuid:") || key.starts_with("guid:");
}

template <class Map, class Key>
void take_out(Map& map, const Key& key, const core::AssetId& id) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second.erase(id);
  if (found->second.empty()) map.erase(found);
}

}  // namespace

void Registry::remove_keys(const core::AssetId& id, const KnownAsset& asset) {
  for (const auto& key : strong_keys(asset.identity)) {
    if (const auto owner = keys_.find(key); owner != keys_.end() && owner->second == id) keys_.erase(owner);
    const auto shared = shared_.find(key);
    if (shared == shared_.end()) continue;
    shared->second.erase(id);
    // The last one that has it is known by it again.
    if (shared->second.size() == 1) keys_[key] = *shared->second.begin();
    if (shared->second.size() <= 1) shared_.erase(shared);
  }
  if (asset.inventory) {
    for (const auto& disk : asset.inventory->disks) {
      const auto key = disk_key(disk);
      take_out(disk_owners_, key, id);
      const auto owners = disk_owners_.find(key);
      if (owners == disk_owners_.end() || owners->second.size() < 2) shared_disks_.erase(key);
    }
  }
  if (asset.enrolled_bmc) take_out(enrolled_at_, *asset.enrolled_bmc, id);
  if (asset.identity.bmc_address) take_out(told_at_, *asset.identity.bmc_address, id);
}

void Registry::add_keys(const core::AssetId& id, const KnownAsset& asset) {
  for (const auto& key : strong_keys(asset.identity)) {
    const auto shared = shared_.find(key);
    const auto owner = keys_.find(key);
    if (shared != shared_.end()) {
      shared->second.insert(id);
    } else if (is_weak(key) && owner != keys_.end() && owner->second != id) {
      shared_[key] = {owner->second, id};
      keys_.erase(owner);
    } else {
      keys_[key] = id;
    }
  }
  if (asset.inventory) {
    for (const auto& disk : asset.inventory->disks) {
      const auto key = disk_key(disk);
      if (key.empty()) continue;
      auto& owners = disk_owners_[key];
      owners.insert(id);
      if (owners.size() > 1) shared_disks_.insert(key);
    }
  }
  if (asset.enrolled_bmc) enrolled_at_[*asset.enrolled_bmc].insert(id);
  if (asset.identity.bmc_address) told_at_[*asset.identity.bmc_address].insert(id);
}

std::string Registry::name_of(const core::AssetId& id) const {
  const AssetPtr row = ledger_.working().asset(id);
  return row ? row->name : id.to_string();
}

std::optional<Clash> Registry::bmc_clash(const core::AssetId& id) const {
  const KnownAsset* const asset = known(id);
  if (asset == nullptr || !asset->enrolled_bmc || !asset->identity.bmc_address ||
      *asset->identity.bmc_address == *asset->enrolled_bmc) {
    return std::nullopt;
  }
  const auto told = *asset->identity.bmc_address;
  const auto owners = enrolled_at_.find(told);
  if (owners == enrolled_at_.end()) return std::nullopt;
  Clash clash{"asset.bmc_swapped", {id}, std::nullopt, {}};
  for (const auto& other : owners->second) {
    if (other != id) clash.assets.push_back(other);
  }
  if (clash.assets.size() < 2) return std::nullopt;
  clash.text = fmt::format(
      "{} is enrolled with the BMC at {}, but says itself that its BMC is at {}, which is enrolled for {}: "
      "were the "
      "addresses swapped? Correct one with colony add-ipmi, then discover both",
      name_of(id), asset->enrolled_bmc->to_string(), told.to_string(), name_of(clash.assets[1]));
  return clash;
}

Clash Registry::disk_clash(const std::string& key) const {
  const auto& owners = disk_owners_.at(key);
  Clash clash{"asset.disk_shared", {owners.begin(), owners.end()}, std::nullopt, {}};
  for (const auto& disk : known(clash.assets.front())->inventory->disks) {
    if (disk_key(disk) == key) clash.disk = disk.id;
  }
  clash.text = fmt::format(
      "disk {} is seen in {} and in {}: it was moved, or both reach it. Nothing is written to it until the "
      "one that "
      "has it no longer was discovered again",
      clash.disk && !clash.disk->serial.empty() ? clash.disk->serial : key, name_of(clash.assets[0]),
      name_of(clash.assets[1]));
  return clash;
}

std::vector<Clash> Registry::clashes_of(const core::AssetId& id) const {
  std::vector<Clash> found;
  const KnownAsset* const asset = known(id);
  if (asset == nullptr || asset->identity.merged_into) return found;
  if (auto clash = bmc_clash(id)) found.push_back(std::move(*clash));
  if (asset->enrolled_bmc) {
    if (const auto told = told_at_.find(*asset->enrolled_bmc); told != told_at_.end()) {
      for (const auto& other : told->second) {
        if (other == id) continue;
        if (auto clash = bmc_clash(other)) found.push_back(std::move(*clash));
      }
    }
  }
  if (!asset->inventory || shared_disks_.empty()) return found;
  for (const auto& disk : asset->inventory->disks) {
    if (const auto key = disk_key(disk); shared_disks_.contains(key)) found.push_back(disk_clash(key));
  }
  return found;
}

std::vector<Clash> Registry::clashes() const {
  std::vector<Clash> found;
  for (const auto& [id, asset] : known_) {
    if (found.size() >= max_findings) return found;
    if (asset.identity.merged_into) continue;
    if (auto clash = bmc_clash(id)) found.push_back(std::move(*clash));
  }
  for (const auto& key : shared_disks_) {
    if (found.size() >= max_findings) break;
    found.push_back(disk_clash(key));
  }
  return found;
}

std::vector<std::string> Registry::findings() const {
  std::vector<std::string> texts;
  for (auto& clash : clashes()) texts.push_back(std::move(clash.text));
  for (const auto& [key, assets] : shared_) {
    if (texts.size() >= max_findings) break;
    texts.push_back(fmt::format("{} is that of {} machines, {} and {} among them: it identifies none", key,
                                assets.size(), name_of(*assets.begin()),
                                name_of(*std::next(assets.begin()))));
  }
  for (const auto& [mac, reason] : refusals_) {
    if (texts.size() >= max_findings) break;
    texts.push_back(fmt::format("the machine with MAC {} was refused ({}): {}", mac.to_string(), reason.code,
                                reason.message));
  }
  return texts;
}

bool Registry::refused(const core::MacAddress& mac, const core::Error& reason) {
  const auto known = refusals_.find(mac);
  if (known != refusals_.end() && known->second.code == reason.code &&
      known->second.message == reason.message)
    return false;
  if (known == refusals_.end() && refusals_.size() >= max_refusals) return false;
  refusals_.insert_or_assign(mac, reason);
  return true;
}

}  // namespace colony::workflows
