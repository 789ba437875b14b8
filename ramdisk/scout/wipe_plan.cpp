#include "ramdisk/scout/wipe_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/bytes.hpp"

namespace colony::ramdisk {

using core::ErrorKind;
using core::Result;
using drivers::scout::Disk;

namespace {

std::string label(const Disk& disk) {
  return fmt::format("disk {} serial {} wwn {}", core::printable(disk.model), core::printable(disk.id.serial),
                     core::printable(disk.id.wwn));
}

Result<Disk> match(const Disk& wanted, const std::vector<Disk>& present) {
  const Disk* found = nullptr;
  for (const Disk& disk : present) {
    if (disk.id != wanted.id) continue;
    if (found != nullptr) {
      return core::fail(ErrorKind::conflict, "scout.disk_ambiguous",
                        fmt::format("{} is here twice, as {} and {}", label(wanted),
                                    core::printable(found->device), core::printable(disk.device)));
    }
    found = &disk;
  }
  if (found == nullptr) {
    return core::fail(ErrorKind::not_found, "scout.disk_missing",
                      fmt::format("{} is not here", label(wanted)));
  }
  if (found->size_bytes != wanted.size_bytes || found->model != wanted.model ||
      found->logical_block_bytes != wanted.logical_block_bytes || found->size_bytes == 0) {
    return core::fail(
        ErrorKind::conflict, "scout.disk_changed",
        fmt::format("{} was ordered with {} bytes in blocks of {}, but is {} with {} in blocks of {}",
                    label(wanted), wanted.size_bytes, wanted.logical_block_bytes, label(*found),
                    found->size_bytes, found->logical_block_bytes));
  }
  if (found->removable) {
    return core::fail(ErrorKind::refused, "scout.disk_removable",
                      fmt::format("{} is removable: it is never erased", label(wanted)));
  }
  if (found->read_only) {
    return core::fail(ErrorKind::refused, "scout.disk_read_only",
                      fmt::format("{} is read-only", label(wanted)));
  }
  return *found;
}

}  // namespace

Result<std::vector<Disk>> match_disks(const std::vector<Disk>& ordered, const std::vector<Disk>& present) {
  std::vector<Disk> matched;
  for (const Disk& wanted : ordered) {
    auto disk = match(wanted, present);
    if (!disk) return std::unexpected(disk.error());
    matched.push_back(std::move(*disk));
  }
  return matched;
}

}  // namespace colony::ramdisk
