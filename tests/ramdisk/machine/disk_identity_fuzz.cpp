// A disk that answers every question with what the input says: two bytes of length and so many bytes for each
// answer, a register value for commands without data. What is told is bounded and clean.
#include <algorithm>
#include <cstdlib>

#include "ramdisk/machine/ata_disk.hpp"
#include "ramdisk/machine/nvme_disk.hpp"
#include "ramdisk/machine/scsi_disk.hpp"
#include "ramdisk/machine/tpm.hpp"
#include "ramdisk/machine/tree.hpp"

using namespace colony;
using namespace colony::ramdisk;

namespace {

void check(const drivers::scout::Disk& disk) {
  if (clean(disk.firmware) != disk.firmware) std::abort();
  if (disk.erase.size() > drivers::scout::erase_abilities) std::abort();
  if (disk.hidden && disk.hidden->total() < disk.hidden->host_protected_bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::ByteReader in({data, size});
  const auto answer = [&in]() -> std::optional<core::Bytes> {
    const auto length = in.u16le();
    if (!length) return std::nullopt;
    const auto bytes = in.take(std::min<std::size_t>(*length, in.remaining()));
    return bytes ? std::optional(core::Bytes(bytes->begin(), bytes->end())) : std::nullopt;
  };
  const auto kind = in.u8().value_or(0);
  drivers::scout::Disk disk;
  if (kind % 4 == 0) {
    ask_ata(
        [&](const AtaRequest& request) -> std::optional<AtaReply> {
          if (ata_pass_through(request).size() != 16) std::abort();  // a CDB of SAT-4
          auto bytes = answer();
          if (!bytes) return std::nullopt;
          if (request.reads) return AtaReply{.data = std::move(*bytes)};
          const auto lba = decode_ata_return(*bytes);
          return lba ? std::optional(AtaReply{.data = {}, .lba = *lba}) : std::nullopt;
        },
        disk);
  } else if (kind % 4 == 1) {
    // A controller fills the page that was asked for: what the input leaves out is zero. Its even answers are
    // short all the same.
    ask_nvme(
        [&](const NvmeRequest& request) {
          auto bytes = answer();
          if (bytes && bytes->size() % 2 == 1) bytes->resize(request.read_bytes);
          return bytes;
        },
        disk);
  } else if (kind % 4 == 2) {
    ask_scsi([&](core::ByteView, std::size_t) { return answer(); }, disk);
  } else {
    const auto bytes = answer();
    if (bytes) (void)decode_tpm_property(*bytes, 0x105);
  }
  check(disk);
  return 0;
}
