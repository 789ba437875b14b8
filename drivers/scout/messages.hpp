#pragma once
// What scout (on the server, in our ramdisk) and colonyd say to each other: docs/wire/scout.md.
// JSON over plain HTTP, authorised by the per-boot token from the kernel command line.
//
//   /scout/v1/hello      Hello      -> 200 {}, 401 token unknown, 409 token of an older boot
//   /scout/v1/inventory  Inventory  -> 200 {} once stored durably
//   /scout/v1/order      {}         -> 200 Order; held open up to 50 s while there is none, then Idle
//   /scout/v1/redeem     Redemption -> 200 {} once durable; on anything else scout writes nothing
//   /scout/v1/progress   Progress   -> 200 {}, never journaled
//   /scout/v1/result     WipeResult -> 200 {} once stored durably; scout repeats until then

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/address.hpp"
#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"

namespace colony::drivers::scout {

/// Who a disk is, never where it is: a name like /dev/sda may be another disk at the next boot.
struct DiskId {
  std::string serial;
  std::string wwn;  // "naa.5000...", "eui.0025...", "uuid...."; empty when it has none
  friend bool operator==(const DiskId&, const DiskId&) = default;
};

struct Disk {
  DiskId id;
  std::string model;
  std::string transport;  // "nvme", "sata", "sas", "virtio", "usb", "" when unknown
  std::string device;     // kernel name at this boot, for people only
  std::uint64_t size_bytes = 0;
  std::uint32_t logical_block_bytes = 512;
  std::uint32_t physical_block_bytes = 512;
  bool rotational = false;
  bool removable = false;
  bool read_only = false;
  std::string content;  // what it carries: "", "ext4", "gpt", "LVM2_member", "data"; shown before an erase
  friend bool operator==(const Disk&, const Disk&) = default;
};

struct Nic {
  std::string name;
  core::MacAddress mac;  // the permanent one where the driver tells it
  std::string driver;
  std::optional<unsigned> speed_mbps;
  bool link_up = false;
  std::string pci_address;
};

struct Smbios {
  std::optional<core::Uuid> uuid;
  std::string manufacturer, product, serial;
  std::string board_serial, chassis_serial;
  std::string bios_version;
};

struct Cpu {
  std::string model;
  unsigned sockets = 0, cores = 0, threads = 0;
};

struct InBandBmc {
  std::optional<core::Ipv4Address> address;
  std::optional<core::MacAddress> mac;
  std::optional<core::Uuid> system_guid;
  std::string firmware_revision;
};

struct Inventory {
  Smbios smbios;
  Cpu cpu;
  std::uint64_t memory_bytes = 0;
  std::vector<Nic> nics;    // at most 64
  std::vector<Disk> disks;  // at most 256
  std::optional<InBandBmc> bmc;
  std::string boot_firmware;  // "bios" or "efi"
  core::MacAddress boot_mac;
};

struct Hello {
  std::string scout_version;
  core::MacAddress boot_mac;
};

enum class WipeLevel : std::uint8_t { clear, purge };
enum class WipeMethod : std::uint8_t { discard, write_zeroes, overwrite };
std::string_view name(WipeLevel level);
std::string_view name(WipeMethod method);

struct Idle {};
struct PowerOff {};
struct Reboot {};
/// Erase exactly these disks. `methods` in order of preference; the first that the disk supports and that
/// reads back clean counts.
struct WipeOrder {
  core::WorkflowId workflow;
  core::Attempt attempt;
  core::Epoch epoch;
  std::string token;  // redeemed once, right before the first write
  std::vector<Disk> disks;
  std::vector<WipeMethod> methods;
  unsigned verify_permille = 100;  // share of the medium that is read back
};
using Order = std::variant<Idle, WipeOrder, PowerOff, Reboot>;

struct Redemption {
  core::WorkflowId workflow;
  core::Attempt attempt;
  core::Epoch epoch;
  std::string token;
  std::vector<Disk> disks;  // as scout sees them now
};

struct Progress {
  DiskId disk;
  std::string phase;  // "discard", "write-zeroes", "overwrite", "verify"
  unsigned percent = 0;
};

enum class WipeVerdict : std::uint8_t {
  erased,       // written and read back clean
  failed,       // an error, or the read-back found old data; `error` says which
  not_started,  // nothing was written to this disk
};
std::string_view name(WipeVerdict verdict);

struct DiskWipe {
  Disk disk;
  WipeVerdict verdict = WipeVerdict::not_started;
  std::optional<WipeMethod> method;
  std::uint64_t bytes_covered = 0;  // by the method: discarded or written
  std::uint64_t bytes_read_back = 0;
  std::uint64_t samples = 0;
  std::string sample_seed;    // hex; with it the sampled offsets can be computed again
  std::string sample_digest;  // SHA-256 over all sampled bytes
  std::string error;
  std::string started_at, ended_at;  // UTC, RFC 3339
};

struct WipeResult {
  core::WorkflowId workflow;
  core::Attempt attempt;
  core::Epoch epoch;
  std::vector<DiskWipe> disks;
  bool fence_refused = false;  // the token was not accepted: nothing was written
};

inline constexpr std::size_t max_nics = 64;
inline constexpr std::size_t max_disks = 256;
inline constexpr std::size_t max_text = 256;  // bytes of any text member but `error`
inline constexpr std::size_t max_error_text = 1024;

// Decoders bound every list and string and reject what contradicts itself (a verdict `erased` without a
// read-back, a disk of half a block); unknown members are ignored. Errors: kind invalid_input, code
// "scout.MESSAGE" ("scout.inventory"), the message names the member and what is accepted.
[[nodiscard]] core::Json to_json(const Hello& hello);
[[nodiscard]] core::Json to_json(const Inventory& inventory);
[[nodiscard]] core::Json to_json(const Disk& disk);
[[nodiscard]] core::Json to_json(const Order& order);
[[nodiscard]] core::Json to_json(const Redemption& redemption);
[[nodiscard]] core::Json to_json(const Progress& progress);
[[nodiscard]] core::Json to_json(const WipeResult& result);
[[nodiscard]] core::Result<Hello> decode_hello(const core::Json& json);
[[nodiscard]] core::Result<Inventory> decode_inventory(const core::Json& json);
[[nodiscard]] core::Result<Disk> decode_disk(const core::Json& json);
[[nodiscard]] core::Result<Order> decode_order(const core::Json& json);
[[nodiscard]] core::Result<Redemption> decode_redemption(const core::Json& json);
[[nodiscard]] core::Result<Progress> decode_progress(const core::Json& json);
[[nodiscard]] core::Result<WipeResult> decode_wipe_result(const core::Json& json);

}  // namespace colony::drivers::scout
