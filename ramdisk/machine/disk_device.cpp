#include "ramdisk/machine/disk_device.hpp"

#include <array>

#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <sys/ioctl.h>

#include "core/net/file_descriptor.hpp"

namespace colony::ramdisk {

namespace {

constexpr unsigned patience_ms = 10'000;

struct ScsiAnswer {
  core::Bytes data;
  core::Bytes sense;
  unsigned status = 0;
};

std::optional<ScsiAnswer> send_scsi(int file, core::ByteView command, std::size_t read_bytes) {
  ScsiAnswer answer;
  answer.data.resize(read_bytes);
  answer.sense.resize(64);
  core::Bytes bytes(command.begin(), command.end());
  sg_io_hdr_t header{};
  header.interface_id = 'S';
  header.dxfer_direction = read_bytes > 0 ? SG_DXFER_FROM_DEV : SG_DXFER_NONE;
  header.cmd_len = static_cast<unsigned char>(bytes.size());
  header.cmdp = bytes.data();
  header.dxfer_len = static_cast<unsigned>(read_bytes);
  header.dxferp = answer.data.data();
  header.mx_sb_len = static_cast<unsigned char>(answer.sense.size());
  header.sbp = answer.sense.data();
  header.timeout = patience_ms;
  if (ioctl(file, SG_IO, &header) != 0 || header.host_status != 0) return std::nullopt;
  answer.status = header.status;
  answer.sense.resize(header.sb_len_wr);
  const auto missing = header.resid > 0 ? static_cast<std::size_t>(header.resid) : 0;
  answer.data.resize(missing < read_bytes ? read_bytes - missing : 0);
  return answer;
}

std::optional<AtaReply> send_ata(int file, const AtaRequest& request) {
  const auto command = ata_pass_through(request);
  auto answer = send_scsi(file, command, request.reads ? request.count * std::size_t{512} : 0);
  if (!answer) return std::nullopt;
  if (request.reads) {
    if (answer->status != 0) return std::nullopt;
    return AtaReply{.data = std::move(answer->data)};
  }
  // The registers come as sense data, which makes the status a check condition.
  const auto lba = decode_ata_return(answer->sense);
  if (!lba) return std::nullopt;
  return AtaReply{.data = {}, .lba = *lba};
}

std::optional<core::Bytes> send_nvme(int file, const NvmeRequest& request) {
  core::Bytes data(request.read_bytes);
  nvme_admin_cmd command{};
  command.opcode = request.opcode;
  command.nsid = request.namespace_id;
  command.addr = reinterpret_cast<std::uintptr_t>(data.data());
  command.data_len = request.read_bytes;
  command.cdw10 = request.cdw10;
  command.timeout_ms = patience_ms;
  if (ioctl(file, NVME_IOCTL_ADMIN_CMD, &command) != 0) return std::nullopt;
  return data;
}

}  // namespace

void ask_disk(const std::filesystem::path& path, DiskLanguage language, drivers::scout::Disk& disk) {
  if (language == DiskLanguage::nothing) return;
  const core::FileDescriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return;
  const int device = file.get();
  switch (language) {
    case DiskLanguage::nothing: return;
    case DiskLanguage::ata:
      return ask_ata([device](const AtaRequest& request) { return send_ata(device, request); }, disk);
    case DiskLanguage::nvme:
      return ask_nvme([device](const NvmeRequest& request) { return send_nvme(device, request); }, disk);
    case DiskLanguage::scsi:
      return ask_scsi(
          [device](core::ByteView command, std::size_t size) -> std::optional<core::Bytes> {
            auto answer = send_scsi(device, command, size);
            if (!answer || answer->status != 0) return std::nullopt;
            return std::move(answer->data);
          },
          disk);
  }
}

}  // namespace colony::ramdisk
