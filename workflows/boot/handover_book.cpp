#include "workflows/boot/handover_book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "workflows/assets/identity.hpp"
#include "workflows/boot/boot_ladder.hpp"
#include "workflows/boot/self_test_memory.hpp"

namespace colony::workflows {

namespace {

constexpr std::string_view source = "boot";

std::string setting_of(const core::AssetId& asset, FirmwareKind kind) {
  return fmt::format("boot.handover.{}.{}", asset.to_string(), name(kind));
}
std::string setting_of(const std::string& model, FirmwareKind kind) {
  return fmt::format("boot.handover_model.{}.{}", model, name(kind));
}

}  // namespace

HandoverBook::HandoverBook(Ledger& ledger, const Registry& registry, const Timelines& timelines,
                           const Site& site)
    : ledger_(ledger), registry_(registry), timelines_(timelines), site_(site) {
  ledger_.observe_durable([this](const StagedBatch& batch) {
    // The first batch is what open() read: old news.
    for (const auto& row : batch.timeline) {
      if (opened_) on_fact(row.asset, row.evidence);
    }
    opened_ = true;
  });
}

std::string HandoverBook::model(const core::AssetId& asset) const {
  const AssetPtr row = ledger_.durable().asset(asset);
  const auto identity = row ? bmc_identity_from_text(row->bmc_identity_json) : std::nullopt;
  return identity ? model_of(*identity) : std::string();
}

bool HandoverBook::has_one_disk(const core::AssetId& asset) const {
  const KnownAsset* const known = registry_.known(asset);
  // A drive without a medium is none to a BIOS; a stick that is in it may well be the first disk.
  return known != nullptr && known->inventory &&
         std::ranges::count_if(known->inventory->disks,
                               [](const auto& disk) { return disk.size_bytes > 0; }) == 1;
}

HandoverTrail HandoverBook::trail(const Key& key) const {
  const auto& [asset, kind] = key;
  const bool one_disk = has_one_disk(asset);
  if (const auto found = trails_.find(key); found != trails_.end()) {
    HandoverTrail known = found->second;
    known.set_one_disk(one_disk);
    return known;
  }
  if (auto kept = HandoverTrail::parse(kind, ledger_.durable().setting(setting_of(asset, kind)), one_disk))
    return *kept;
  return {kind, first_guess(key), one_disk};
}

pxe::LocalHandover HandoverBook::first_guess(const Key& key) const {
  const auto& [asset, kind] = key;
  const std::string of_model = model(asset);
  const auto worked = of_model.empty()
                          ? std::nullopt
                          : parse_local_handover(ledger_.durable().setting(setting_of(of_model, kind)));
  if (worked && *worked != pxe::LocalHandover::sanboot) return *worked;
  return kind == FirmwareKind::efi ? site_.efi_handover : site_.bios_handover;
}

pxe::LocalHandover HandoverBook::way(const core::AssetId& asset, FirmwareKind kind) const {
  return trail({asset, kind}).way();
}

std::optional<pxe::LocalHandover> HandoverBook::proved(const core::AssetId& asset, FirmwareKind kind) const {
  const HandoverTrail known = trail({asset, kind});
  return known.is_proved() ? std::optional(known.way()) : std::nullopt;
}

void HandoverBook::on_fact(const core::AssetId& asset, const core::Evidence& seen) {
  const auto patience = handover_patience(site_.pacing.disk_boot_settle, site_.pacing.boot,
                                          known_self_test(ledger_.durable(), asset));
  for (const auto kind : {FirmwareKind::bios, FirmwareKind::efi}) {
    const Key key{asset, kind};
    const bool asks = std::holds_alternative<core::DhcpSeen>(seen.fact);
    if (!asks && !trails_.contains(key)) continue;  // everything about a boot begins with its request
    auto& known = trails_.insert_or_assign(key, trail(key)).first->second;
    const HandoverTrail::News news = known.on_fact(seen, patience);
    if (!news.changed) continue;
    Batch batch;
    batch.writes.emplace_back(SettingRow{setting_of(asset, kind), known.to_text()});
    if (news.worked && *news.worked != pxe::LocalHandover::sanboot && *news.worked != first_guess(key)) {
      if (const std::string of_model = model(asset); !of_model.empty())
        batch.writes.emplace_back(SettingRow{setting_of(of_model, kind), std::string(name(*news.worked))});
    }
    if (news.note) batch.writes.emplace_back(timelines_.row(asset, source, *news.note));
    ledger_.post(std::move(batch));
  }
}

}  // namespace colony::workflows
