#pragma once
// Evidence: typed facts that somebody saw, with when and who. Everyone emits, workflows await, the timeline
// of an asset is the list of them, and `colony why` reads that list.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/address.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"

namespace colony::core {

/// RFC 4578 client system architecture, as far as we tell them apart.
enum class ClientArch : std::uint8_t { bios_x86, efi_x64, efi_arm64, efi_x64_http, efi_arm64_http, unknown };
std::string_view name(ClientArch arch);
std::optional<ClientArch> parse_client_arch(std::string_view text);

/// Which program speaks for the machine at this moment of its boot.
enum class BootStage : std::uint8_t { firmware_pxe, firmware_http, ipxe };
std::string_view name(BootStage stage);

enum class PowerState : std::uint8_t { off, on };
std::string_view name(PowerState state);

struct DhcpSeen {  // a boot request reached us; `answered` says whether we spoke
  ClientArch arch = ClientArch::unknown;
  BootStage stage = BootStage::firmware_pxe;
  bool answered = false;
};
struct SystemAsked {};  // an operating system that holds no lease yet asked the site's DHCP server for one
struct NbpSent {        // a boot program was delivered by TFTP or HTTP
  std::string file;
  std::uint64_t bytes = 0;
  bool complete = false;
};
struct ScriptServed {  // an iPXE script: "scout", "talos", "local-disk", "hold"
  std::string script;
};
struct ArtifactServed {
  std::string digest;  // SHA-256 hex
  std::uint64_t bytes = 0;
  bool complete = false;
};
struct ConfigFetched {  // a machine config by token; complete = the last byte was acknowledged, else begun
  std::string token_id;
  bool complete = false;
};
struct ScoutHello {};
struct ScoutInventory {};
struct ScoutProgress {  // not journaled
  std::string disk;
  std::string phase;
  unsigned percent = 0;
};
struct ScoutRedeemed {
  std::string token_id;
};
struct ScoutResult {
  bool success = false;
};
struct PowerObserved {
  PowerState state = PowerState::off;
};
struct BootDeviceSet {
  std::string device;
  bool read_back = false;
};
struct TalosStage {  // what a Talos node (or its stand-in) tells or shows: "installing", "booted-from-disk",
                     // ...
  std::string stage;
};
struct Note {  // a named finding that belongs on the timeline
  std::string code;
  std::string text;
};

struct ConsoleOutput {  // what it printed on its serial line: whole lines, without control and secrets
  UtcTime boot;         // when that boot began
  std::string text;
  bool cut = false;  // lines are missing before these
};

using Fact = std::variant<DhcpSeen, SystemAsked, NbpSent, ScriptServed, ArtifactServed, ConfigFetched,
                          ScoutHello, ScoutInventory, ScoutProgress, ScoutRedeemed, ScoutResult,
                          PowerObserved, BootDeviceSet, TalosStage, Note, ConsoleOutput>;

struct Evidence {
  std::optional<AssetId> asset;        // filled in by workflows when only addresses are known
  std::optional<MacAddress> mac;       // of the boot NIC, where the source knows it
  std::optional<Ipv4Address> address;  // of the client, where the source knows it
  std::optional<Uuid> smbios_uuid;
  UtcTime at;
  std::string source;  // "pxe.dhcp", "pxe.tftp", "drivers.ipmi", "scout"
  Fact fact;
};

/// The fact's name: "dhcp_seen", ... Stable: stands in the journal and in the API.
[[nodiscard]] std::string_view fact_name(const Fact& fact);
/// `{"fact":NAME,"at":...,"source":...,"mac":...,"detail":{...}}`
[[nodiscard]] Json to_json(const Evidence& evidence);
[[nodiscard]] Result<Evidence> evidence_from_json(const Json& json);
/// One line for people: "loaded NBP snponly.efi (274 kB)".
[[nodiscard]] std::string describe(const Fact& fact);

/// Where evidence goes. Called on the logic thread; never blocks. For facts that can be seen again.
/// (Facts that cannot be seen again are committed through the owner of their protocol before it answers.)
class EvidenceSink {
 public:
  virtual ~EvidenceSink() = default;
  virtual void emit(Evidence evidence) = 0;
};

}  // namespace colony::core
