#pragma once
// colony.yaml as a value. Every default is here; fields.hpp gives each member its key and its limits, and
// from that one list the file is read, written and compared. docs/configuration.md explains every key.

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/log.hpp"
#include "daemon/config/values.hpp"

namespace colony::daemon {

struct LoadBalancerConfig {
  InterfaceName interface;  // required
  AddressSpec ip;           // required
  friend bool operator==(const LoadBalancerConfig&, const LoadBalancerConfig&) = default;
};

struct HostedConfig {
  bool enabled = true;
  ApiUrl url = ApiUrl::parse("https://colony-api.konstruct.io").value_or(ApiUrl());
  FilePath api_key_file = FilePath::parse("/etc/colony/api-key").value_or(FilePath());
  FilePath ca_file;  // empty: the system's certificate authorities
  friend bool operator==(const HostedConfig&, const HostedConfig&) = default;
};

enum class DhcpMode : std::uint8_t { proxy, server, off };
enum class DiscoverMode : std::uint8_t { window, always, never };

struct DhcpSubnet {
  core::Ipv4Network network;  // required
  AddressRange range;         // required: what may be handed out
  core::Ipv4Address gateway;  // unspecified: none
  std::vector<core::Ipv4Address> dns;
  std::vector<core::Ipv4Address> ntp;
  core::Duration lease_time = std::chrono::hours(1);
  friend bool operator==(const DhcpSubnet&, const DhcpSubnet&) = default;
};

struct DhcpReservation {
  core::MacAddress mac;  // required
  core::Ipv4Address ip;  // required
  HostName hostname;
  friend bool operator==(const DhcpReservation&, const DhcpReservation&) = default;
};

struct DhcpConfig {
  DhcpMode mode = DhcpMode::proxy;
  DiscoverMode discover = DiscoverMode::window;
  std::vector<DhcpSubnet> subnets;
  std::vector<DhcpReservation> reservations;
  bool force = false;  // mode server: serve although another DHCP server answers
  friend bool operator==(const DhcpConfig&, const DhcpConfig&) = default;
};

enum class TftpServer : std::uint8_t { builtin, tftpd_hpa };
enum class TftpClients : std::uint8_t { known, subnet };

struct TftpConfig {
  TftpServer server = TftpServer::builtin;
  std::uint16_t block_size = 1428;  // largest that we agree to (RFC 2348)
  std::uint16_t window_size = 16;   // likewise (RFC 7440)
  TftpClients clients = TftpClients::known;
  bool single_port = false;  // transfers stay on port 69
  FilePath root;             // extra files of the site
  friend bool operator==(const TftpConfig&, const TftpConfig&) = default;
};

struct HttpConfig {
  std::uint16_t port = 8080;
  FilePath root;  // extra files of the site, under /files/
  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
};

/// Boot programs that replace or add to Debian's, by architecture; empty: the built-in choice.
struct NbpConfig {
  FilePath bios, x64, arm64;
  friend bool operator==(const NbpConfig&, const NbpConfig&) = default;
};

struct PxeConfig {
  NbpConfig nbp;
  friend bool operator==(const PxeConfig&, const PxeConfig&) = default;
};

enum class BmcDriver : std::uint8_t { native, ipmitool };
/// RMCP+ cipher suite ids (IPMI 2.0 table 22-20) that we are willing to speak.
enum class CipherSuite : std::uint8_t { hmac_sha1_aes = 3, hmac_sha256_aes = 17 };

/// When nothing else makes a machine boot from the network: is its BMC restarted?
enum class BmcResetPolicy : std::uint8_t { never, last_resort };

struct BmcConfig {
  BmcDriver driver = BmcDriver::native;
  std::vector<CipherSuite> cipher_suites{CipherSuite::hmac_sha256_aes, CipherSuite::hmac_sha1_aes};
  core::Duration command_gap = std::chrono::milliseconds(200);
  core::Duration poll_interval = std::chrono::seconds(30);
  bool sol_capture = true;  // serial console onto the timeline, while a workflow has the machine in hand
  core::Duration off_confirmation =
      std::chrono::seconds(5);  // off is believed when seen twice, this far apart
  core::Duration power_change =
      std::chrono::minutes(2);  // an order without effect for so long is given again
  BmcResetPolicy reset = BmcResetPolicy::never;
  friend bool operator==(const BmcConfig&, const BmcConfig&) = default;
};

struct TalosConfig {
  TalosVersion version;
  ArtifactSource kernel, initramfs;
  Word installer;  // an image reference; empty: what the machine config says
  // When a node counts as booted from its disk, see workflows/recipes/provision.cpp.
  core::Duration disk_boot_settle = std::chrono::seconds(30);
  core::Duration quiet_after_install = std::chrono::minutes(5);
  friend bool operator==(const TalosConfig&, const TalosConfig&) = default;
};

enum class WipeMinimum : std::uint8_t { clear, purge };

struct WipeConfig {
  WipeMinimum minimum = WipeMinimum::clear;
  Percent verify{10};
  std::uint16_t budget_per_hour = 20;  // orders; 0: none at all
  friend bool operator==(const WipeConfig&, const WipeConfig&) = default;
};

/// What the hosted side may order.
enum class HostedOrder : std::uint8_t { discover, provision, wipe, power };

struct PolicyConfig {
  std::vector<HostedOrder> allow{HostedOrder::discover, HostedOrder::provision, HostedOrder::wipe,
                                 HostedOrder::power};
  std::vector<Word> protected_assets;  // ids, names, serials, MACs
  bool two_person = false;             // a wipe of what is in use waits for somebody here
  friend bool operator==(const PolicyConfig&, const PolicyConfig&) = default;
};

struct StoreConfig {
  FilePath path = FilePath::parse("/var/lib/colony/colony.db").value_or(FilePath());
  friend bool operator==(const StoreConfig&, const StoreConfig&) = default;
};

struct ApiConfig {
  FilePath socket = FilePath::parse("/run/colony/colonyd.sock").value_or(FilePath());
  ListenAddress listen;  // port 0: not served over TCP
  FilePath tls_certificate, tls_key;
  friend bool operator==(const ApiConfig&, const ApiConfig&) = default;
};

struct LogConfig {
  core::LogLevel level = core::LogLevel::info;
  core::LogFormat format = core::LogFormat::text;
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct Config {
  Word datacenter_id;  // required while hosted.enabled
  Word agent_id;       // filled in by init
  LoadBalancerConfig load_balancer;
  HostedConfig hosted;
  DhcpConfig dhcp;
  TftpConfig tftp;
  HttpConfig http;
  PxeConfig pxe;
  BmcConfig bmc;
  TalosConfig talos;
  WipeConfig wipe;
  PolicyConfig policy;
  StoreConfig store;
  ApiConfig api;
  LogConfig log;
  friend bool operator==(const Config&, const Config&) = default;
};

/// One line for the operator: where, which key, what is wrong, what is accepted.
struct ConfigFault {
  std::string file;
  unsigned line = 0;     // 0 where no line is to blame
  std::string key;       // "load_balancer.ip"; empty for the file as a whole
  std::string what;      // "'10.1.1' is not an address"
  std::string accepted;  // "A.B.C.D or A.B.C.D/PREFIX"
  [[nodiscard]] std::string to_string() const;
};

using ConfigFaults = std::vector<ConfigFault>;  // never empty in an unexpected

/// Reads the text of a colony.yaml; `file` only names it in the faults. Every fault is reported at once, in
/// the order of the file.
[[nodiscard]] std::expected<Config, ConfigFaults> parse_config(std::string_view text, std::string_view file);

/// The same from disk: a regular file of at most 256 KiB.
[[nodiscard]] std::expected<Config, ConfigFaults> load_config(const std::string& path);

/// YAML that parse_config reads back to the same value: what must be there and what differs from the
/// defaults.
[[nodiscard]] std::string emit_config(const Config& config);

/// What a changed file means for a running daemon.
struct ConfigDiff {
  std::vector<std::string> live;     // keys that SIGHUP takes up
  std::vector<std::string> restart;  // keys that need a restart; the old value stays in force until then
  [[nodiscard]] bool empty() const { return live.empty() && restart.empty(); }
};
[[nodiscard]] ConfigDiff diff_config(const Config& running, const Config& wanted);

/// `running` with every live key taken over from `wanted`.
[[nodiscard]] Config with_live_keys(const Config& running, const Config& wanted);

}  // namespace colony::daemon
