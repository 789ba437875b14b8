#include "workflows/wipe/wipe_plan.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "drivers/scout/disk_names.hpp"
#include "workflows/choice/disk_choice.hpp"

namespace colony::workflows {

using drivers::scout::Disk;
using drivers::scout::is_same_disk;
using drivers::scout::WipeMethod;

namespace {

std::string label(const Disk& disk) {
  return fmt::format("{} {} ({})", disk.model, drivers::scout::best_name(disk),
                     disk.device.empty() ? "no device" : disk.device);
}

core::Result<> check_usable(const Disk& disk, const std::vector<Disk>& all) {
  if (drivers::scout::best_name(disk).empty()) {
    return core::fail(
        core::ErrorKind::refused, "wipe.disk_unidentified",
        fmt::format("{} has neither serial nor WWN; it could not be told from another", label(disk)));
  }
  if (std::ranges::count(all, disk.id, &Disk::id) > 1) {
    return core::fail(
        core::ErrorKind::refused, "wipe.disk_ambiguous",
        fmt::format("{} is seen more than once: multipath or shared disks are not wiped", label(disk)));
  }
  if (drivers::scout::name_in_orders(disk, all).empty()) {
    return core::fail(
        core::ErrorKind::refused, "wipe.disk_ambiguous",
        fmt::format("{} shares its serial number and its WWN with other disks of this machine", label(disk)));
  }
  if (disk.removable) {
    return core::fail(core::ErrorKind::refused, "wipe.disk_removable",
                      fmt::format("{} is removable: such media are not erased, take it out", label(disk)));
  }
  if (disk.size_bytes == 0) {
    return core::fail(
        core::ErrorKind::refused, "wipe.disk_without_capacity",
        fmt::format("{} shows no capacity, so nothing on it can be erased: replace it, or format "
                    "it to blocks that Linux reads (520-byte sectors: sg_format)",
                    label(disk)));
  }
  if (disk.read_only) {
    return core::fail(core::ErrorKind::refused, "wipe.disk_read_only",
                      fmt::format("{} is read-only; it cannot be wiped", label(disk)));
  }
  return {};
}

std::optional<WipeMethod> parse_method(std::string_view text) {
  for (const auto method : {WipeMethod::discard, WipeMethod::write_zeroes, WipeMethod::overwrite}) {
    if (drivers::scout::name(method) == text) return method;
  }
  return std::nullopt;
}

}  // namespace

core::Result<DiskSelection> select_disks(const drivers::scout::Inventory& inventory,
                                         const std::vector<std::string>& names) {
  DiskSelection selection;
  for (const auto& name : names) {
    const auto found = choose_disk(inventory, name, "wipe");
    if (!found) return std::unexpected(found.error());
    if (std::ranges::find(selection.disks, found->id, &Disk::id) == selection.disks.end()) {
      selection.disks.push_back(*found);
    }
  }
  for (const auto& disk : inventory.disks) {
    if (std::ranges::find(selection.disks, disk) != selection.disks.end()) continue;
    if (names.empty() && !disk.removable && disk.size_bytes > 0) {
      selection.disks.push_back(disk);
    } else {
      selection.left_alone.push_back(disk);
    }
  }
  for (const auto& disk : selection.disks) {
    if (auto usable = check_usable(disk, inventory.disks); !usable) return std::unexpected(usable.error());
  }
  if (selection.disks.empty()) {
    return core::fail(core::ErrorKind::refused, "wipe.no_disks",
                      "this asset has no disk that could be wiped");
  }
  for (const auto& disk : selection.disks) {
    selection.names.push_back(drivers::scout::name_in_orders(disk, inventory.disks));
  }
  selection.covers_all = !inventory.more_disks && std::ranges::all_of(selection.left_alone, &Disk::removable);
  if (!names.empty()) return selection;
  for (const auto& disk : selection.left_alone) {
    if (disk.removable) continue;
    selection.out_of_reach.push_back(fmt::format(
        "{} shows no capacity: what it holds stays, and the machine does not count as empty", label(disk)));
  }
  if (inventory.more_disks) {
    selection.out_of_reach.push_back(
        fmt::format("the machine has more than {} disks: the others stay as they are, and it does not count "
                    "as empty",
                    drivers::scout::max_disks));
  }
  return selection;
}

core::Result<std::vector<WipeMethod>> methods_for(drivers::scout::WipeLevel minimum) {
  if (minimum == drivers::scout::WipeLevel::purge) {
    return core::fail(
        core::ErrorKind::refused, "wipe.minimum_unreachable",
        "no method of this appliance reaches purge; at most clear can be proven. Nothing was written");
  }
  return std::vector{WipeMethod::discard, WipeMethod::write_zeroes, WipeMethod::overwrite};
}

std::vector<WipeLimit> limits_of(const std::vector<Disk>& disks) {
  std::vector<WipeLimit> limits;
  for (const auto& disk : disks) {
    if (disk.hidden && disk.hidden->total() > 0) {
      const auto& hidden = *disk.hidden;
      const std::string_view where = hidden.host_protected_bytes > 0  ? "a host protected area"
                                     : hidden.configuration_bytes > 0 ? "a device configuration overlay"
                                                                      : "capacity in no namespace";
      limits.push_back(
          {disk.id, "hidden-capacity", hidden.total(),
           fmt::format("{} hides {} bytes ({}); they are not erased", label(disk), hidden.total(), where)});
    }
    if (!disk.raid.empty()) {
      limits.push_back(
          {disk.id, "raid-volume", 0,
           fmt::format("{} is a RAID volume of {}: spare, replaced and remapped blocks of the disks "
                       "behind it are not reached",
                       label(disk), disk.raid)});
    } else if (!disk.hidden && (disk.transport == "sata" || disk.transport == "nvme")) {
      limits.push_back({disk.id, "hidden-unknown", 0,
                        fmt::format("{} does not tell whether it hides capacity", label(disk))});
    }
  }
  return limits;
}

std::vector<WipeLimit> rest_of(const drivers::scout::Inventory& inventory, const std::vector<Disk>& erased) {
  std::vector<WipeLimit> rest;
  for (const auto& disk : inventory.disks) {
    if (std::ranges::any_of(erased, [&disk](const Disk& other) { return is_same_disk(other, disk); }))
      continue;
    rest.push_back({disk.id, "left-alone", disk.size_bytes,
                    fmt::format("{}{} was no part of this erasure", label(disk),
                                disk.size_bytes == 0 ? ", which shows no capacity," : "")});
  }
  if (inventory.more_disks) {
    rest.push_back({{},
                    "unlisted",
                    0,
                    fmt::format("the machine has more than {} disks: the others were no part of this erasure",
                                drivers::scout::max_disks)});
  }
  return rest;
}

std::string to_text(const WipeDetail& detail) {
  core::Json json{{"disks", core::Json::array()},
                  {"methods", core::Json::array()},
                  {"verify_permille", detail.verify_permille}};
  for (const auto& disk : detail.disks) json["disks"].push_back(drivers::scout::to_json(disk));
  for (const auto method : detail.methods) json["methods"].push_back(drivers::scout::name(method));
  return core::dump_json(json);
}

core::Result<WipeDetail> wipe_detail_from_text(std::string_view text) {
  const auto json = core::parse_json(text);
  if (!json) return std::unexpected(json.error());
  const core::Json* const disks = core::json_member(*json, "disks");
  const core::Json* const methods = core::json_member(*json, "methods");
  const auto verify = core::json_uint(*json, "verify_permille");
  const auto unreadable = [] {
    return core::fail(core::ErrorKind::corrupt, "wipe.unreadable_intent",
                      "the journaled wipe order cannot be read");
  };
  if (disks == nullptr || !disks->is_array() || methods == nullptr || !methods->is_array() || !verify ||
      *verify > 1000) {
    return unreadable();
  }
  WipeDetail detail;
  detail.verify_permille = static_cast<unsigned>(*verify);
  for (const auto& entry : *disks) {
    auto disk = drivers::scout::decode_disk(entry);
    if (!disk) return std::unexpected(disk.error());
    detail.disks.push_back(std::move(*disk));
  }
  for (const auto& entry : *methods) {
    const auto method = entry.is_string() ? parse_method(entry.get_ref<const std::string&>()) : std::nullopt;
    if (!method) return unreadable();
    detail.methods.push_back(*method);
  }
  if (detail.disks.empty() || detail.methods.empty()) return unreadable();
  return detail;
}

WipeProgress wipe_progress(const IntentRow& intent) {
  WipeProgress progress;
  const auto json = core::parse_json(intent.result_json);
  if (!json) return progress;
  progress.redeemed = core::json_text(*json, "redeemed_at").has_value();
  progress.redeemed_by_boot = core::json_uint(*json, "boot").value_or(0);
  if (const core::Json* const result = core::json_member(*json, "result"); result != nullptr) {
    if (const auto parsed = drivers::scout::decode_wipe_result(*result)) {
      progress.fence_refused = parsed->fence_refused;
      for (const auto& disk : parsed->disks) {
        progress.any_write = progress.any_write || disk.verdict != drivers::scout::WipeVerdict::not_started;
      }
    }
  }
  return progress;
}

core::Result<> check_redemption(const drivers::scout::Redemption& redemption, const IntentRow& intent,
                                core::Epoch epoch) {
  const auto refuse = [](const char* code, const char* message) {
    return core::fail(core::ErrorKind::refused, code, message);
  };
  if (intent.act != "wipe" || redemption.workflow != intent.workflow) {
    return refuse("fence.workflow", "this wipe belongs to another workflow");
  }
  if (redemption.attempt != intent.attempt) return refuse("fence.attempt", "another attempt is in hand");
  if (redemption.epoch != epoch || intent.epoch != epoch) {
    return refuse("fence.epoch", "the order is from before the store changed its owner");
  }
  if (core::sha256(redemption.token) != intent.token_hash)
    return refuse("fence.token", "the token is not that of this order");
  if (intent.state != IntentState::intended) return refuse("fence.over", "this attempt has ended");
  if (wipe_progress(intent).redeemed) return refuse("fence.redeemed", "the token was redeemed before");
  const auto ordered = wipe_detail_from_text(intent.detail_json);
  if (!ordered) return std::unexpected(ordered.error());
  // Each ordered disk is seen once, and each seen disk was ordered once: no more, no less, no other.
  const auto once_in = [](const std::vector<Disk>& disks, const Disk& disk) {
    return std::ranges::count_if(disks, [&disk](const Disk& other) { return is_same_disk(other, disk); }) ==
           1;
  };
  const bool equal =
      std::ranges::all_of(ordered->disks,
                          [&](const Disk& disk) { return once_in(redemption.disks, disk); }) &&
      std::ranges::all_of(redemption.disks, [&](const Disk& disk) { return once_in(ordered->disks, disk); });
  if (!equal)
    return refuse("fence.disks", "the disks that scout sees now are not the disks that were ordered");
  return {};
}

core::Result<> check_result(const drivers::scout::WipeResult& result, const WipeDetail& ordered) {
  for (const auto& disk : ordered.disks) {
    const auto found = std::ranges::find_if(result.disks, [&disk](const drivers::scout::DiskWipe& wipe) {
      return is_same_disk(wipe.disk, disk);
    });
    if (found == result.disks.end()) {
      return core::fail(core::ErrorKind::refused, "wipe.disk_unreported",
                        fmt::format("scout says nothing about {}", label(disk)));
    }
    if (found->verdict != drivers::scout::WipeVerdict::erased) {
      return core::fail(core::ErrorKind::refused, "wipe.not_erased",
                        fmt::format("{}: {} {}", label(disk), drivers::scout::name(found->verdict),
                                    core::printable(found->error)));
    }
    const auto method = found->method;
    if (!method || std::ranges::find(ordered.methods, *method) == ordered.methods.end()) {
      return core::fail(core::ErrorKind::refused, "wipe.other_method",
                        fmt::format("{} was erased by a method that was not ordered", label(disk)));
    }
    if (found->bytes_read_back < disk.size_bytes / 1000 * ordered.verify_permille) {
      return core::fail(
          core::ErrorKind::refused, "wipe.not_read_back",
          fmt::format("{}: {} of {} bytes were read back, {} thousandths were ordered", label(disk),
                      found->bytes_read_back, disk.size_bytes, ordered.verify_permille));
    }
  }
  if (result.disks.size() != ordered.disks.size()) {
    return core::fail(core::ErrorKind::refused, "wipe.other_disks",
                      "scout reports disks that were not ordered");
  }
  return {};
}

}  // namespace colony::workflows
