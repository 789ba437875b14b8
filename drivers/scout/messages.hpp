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

/// What a disk can be told to do about its own erasure. What we erase by today is WipeMethod; the rest is for
/// people who choose hardware, and says what `purge` would need.
enum class EraseAbility : std::uint8_t {
  discard,
  write_zeroes,
  ata_security,           // SECURITY ERASE UNIT
  ata_security_enhanced,  // its enhanced mode
  ata_security_enabled,   // a user password is set
  ata_security_locked,
  ata_security_frozen,  // by the firmware: until the next power cycle
  sanitize_block,
  sanitize_crypto,
  sanitize_overwrite,
  nvme_format,
  nvme_format_crypto,
};
inline constexpr std::size_t erase_abilities = 12;
std::string_view name(EraseAbility ability);

/// Bytes of the medium beyond the size that a disk shows: no erasure of the disk as it shows itself reaches
/// them.
struct HiddenCapacity {
  std::uint64_t host_protected_bytes = 0;  // ATA: host protected area, or accessible max address
  std::uint64_t configuration_bytes = 0;   // ATA: cut off by the device configuration overlay
  std::uint64_t unallocated_bytes = 0;     // NVMe: in no namespace
  [[nodiscard]] std::uint64_t total() const {
    return host_protected_bytes + configuration_bytes + unallocated_bytes;
  }
  friend bool operator==(const HiddenCapacity&, const HiddenCapacity&) = default;
};

enum class HealthVerdict : std::uint8_t { good, warning, failing };
std::string_view name(HealthVerdict verdict);

/// Of SMART or its kin; what the disk does not tell is absent.
struct DiskHealth {
  HealthVerdict verdict = HealthVerdict::good;
  std::string reason;                       // of a warning or a failure
  std::optional<unsigned> percentage_used;  // of its rated life; may pass 100 (at most 255)
  std::optional<unsigned> temperature_celsius;
  std::optional<std::uint64_t> power_on_hours;
  std::optional<std::uint64_t> media_errors;
  friend bool operator==(const DiskHealth&, const DiskHealth&) = default;
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
  std::string firmware;
  std::vector<std::string> paths;  // the other kernel names of a disk that is reached by several ways
  std::string raid;                // driver of the controller that made up this disk from others
  std::vector<EraseAbility> erase;
  std::optional<unsigned> secure_erase_minutes, enhanced_erase_minutes;  // as the disk estimates
  std::optional<HiddenCapacity> hidden;                                  // absent: it could not be asked
  std::optional<DiskHealth> health;
  friend bool operator==(const Disk&, const Disk&) = default;
};

/// What the switch at the other end of the cable says about itself (IEEE 802.1AB).
struct LldpNeighbour {
  std::string chassis_id;  // a MAC address, a name: as the switch chose
  std::string port_id;
  std::string port_description, system_name;
  std::optional<unsigned> vlan;  // the port's own (802.1Q annex D)
  std::string heard_at;          // UTC, RFC 3339; set by colonyd, whose clock is right
  friend bool operator==(const LldpNeighbour&, const LldpNeighbour&) = default;
};

struct Nic {
  std::string name;
  core::MacAddress mac;  // the permanent one where the driver tells it
  std::string driver;
  std::optional<unsigned> speed_mbps;
  bool link_up = false;
  std::string pci_address;
  std::string firmware;
  std::optional<LldpNeighbour> lldp;
  friend bool operator==(const Nic&, const Nic&) = default;
};

struct Smbios {
  std::optional<core::Uuid> uuid;
  std::string manufacturer, product, serial;
  std::string board_serial, chassis_serial;
  std::string bios_version;
  std::string bios_vendor, bios_date;
};

struct Cpu {
  std::string model;
  unsigned sockets = 0, cores = 0, threads = 0;
  std::string architecture;  // "x86_64", "aarch64"
  std::vector<std::string> flags;
};

/// A memory slot that holds a module.
struct Dimm {
  std::string locator;  // as printed on the board
  std::uint64_t size_bytes = 0;
  unsigned speed_mts = 0;  // as it runs; 0 when the firmware does not tell
  std::string type;        // "DDR4", "DDR5"
  std::string manufacturer, part, serial;
};

/// A device that one would choose a server for, or miss: storage, network, display, accelerators. Bridges and
/// the chipset's own parts are left out.
struct PciDevice {
  std::string address;
  std::uint32_t device_class = 0;  // class, subclass, programming interface
  std::uint16_t vendor = 0, device = 0;
  std::uint16_t subsystem_vendor = 0, subsystem_device = 0;
  std::string driver;
};

struct Tpm {
  std::string version;       // "1.2", "2.0"
  std::string manufacturer;  // the vendor's four letters: "IFX", "INTC"
  std::string firmware;
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
  bool more_disks = false;  // there are others, which are not listed
  std::optional<InBandBmc> bmc;
  std::vector<Dimm> dimms;         // at most 256
  std::vector<PciDevice> devices;  // at most 256
  std::optional<Tpm> tpm;
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
inline constexpr std::size_t max_dimms = 256;
inline constexpr std::size_t max_pci = 256;
inline constexpr std::size_t max_cpu_flags = 512;
inline constexpr std::size_t max_flag = 32;  // bytes
inline constexpr std::size_t max_paths = 16;
inline constexpr std::size_t max_text = 256;  // bytes of any text member but `error`
inline constexpr std::size_t max_error_text = 1024;

// Decoders bound every list and string and reject what contradicts itself (a verdict `erased` without a
// read-back, a disk of half a block); unknown members are ignored. Errors: kind invalid_input, code
// "scout.MESSAGE" ("scout.inventory"), the message names the member and what is accepted.
[[nodiscard]] core::Json to_json(const Hello& hello);
[[nodiscard]] core::Json to_json(const Inventory& inventory);
[[nodiscard]] core::Json to_json(const Disk& disk);
[[nodiscard]] core::Json to_json(const Nic& nic);
[[nodiscard]] core::Json to_json(const Order& order);
[[nodiscard]] core::Json to_json(const Redemption& redemption);
[[nodiscard]] core::Json to_json(const Progress& progress);
[[nodiscard]] core::Json to_json(const WipeResult& result);
[[nodiscard]] core::Result<Hello> decode_hello(const core::Json& json);
[[nodiscard]] core::Result<Inventory> decode_inventory(const core::Json& json);
[[nodiscard]] core::Result<Disk> decode_disk(const core::Json& json);
[[nodiscard]] core::Result<Nic> decode_nic(const core::Json& json);
[[nodiscard]] core::Result<Order> decode_order(const core::Json& json);
[[nodiscard]] core::Result<Redemption> decode_redemption(const core::Json& json);
[[nodiscard]] core::Result<Progress> decode_progress(const core::Json& json);
[[nodiscard]] core::Result<WipeResult> decode_wipe_result(const core::Json& json);

}  // namespace colony::drivers::scout
