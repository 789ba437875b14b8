#pragma once
// The question pxe asks and workflows answers: this request, from this machine, boots what?
// pxe holds no workflow state; it renders the answer into DHCP options, TFTP names and iPXE scripts.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/address.hpp"
#include "core/evidence/evidence.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "core/sha256.hpp"

namespace colony::pxe {

struct BootRequest {
  core::MacAddress mac;
  std::optional<core::Uuid> uuid;  // option 97, or iPXE's ${uuid}
  core::ClientArch arch = core::ClientArch::unknown;
  core::BootStage stage = core::BootStage::firmware_pxe;
  std::optional<core::Ipv4Address> address;  // the client's own, where known
};

/// Not ours, or not wanted: no answer at all, on any protocol.
struct Silence {};

/// Kernel, initramfs and typed arguments; the script writer refuses what could inject.
struct KernelBoot {
  std::string script;  // "scout" or "talos", for evidence and for people
  core::Sha256Digest kernel;
  std::vector<core::Sha256Digest> initrds;
  std::vector<std::string> arguments;  // "talos.platform=metal"; the per-boot token is one of them
};

/// Hand over to the local disk.
enum class LocalHandover : std::uint8_t { exit, not_found, sanboot };
struct LocalDisk {
  LocalHandover handover = LocalHandover::exit;
};

/// Wait here without touching a disk; asks again by itself. `reason` is shown on the machine's screen.
struct Hold {
  std::string reason;
};

using BootDecision = std::variant<Silence, KernelBoot, LocalDisk, Hold>;

class BootPolicy {
 public:
  virtual ~BootPolicy() = default;
  /// Whether DHCP, TFTP and HTTP speak to this machine at all now. No side effect; called per packet.
  [[nodiscard]] virtual bool serves(const BootRequest& request) const = 0;
  /// Whether this is a machine of ours, whatever it does now: a DHCP server keeps addresses for it while a
  /// flood of strangers goes on. Called per packet, too.
  [[nodiscard]] virtual bool knows(core::MacAddress mac) const = 0;
  /// What the machine boots, asked when iPXE fetches its script. May mint a per-boot token.
  [[nodiscard]] virtual BootDecision decide(const BootRequest& request) = 0;
};

}  // namespace colony::pxe
