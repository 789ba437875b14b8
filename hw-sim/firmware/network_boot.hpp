#pragma once
// One network boot, from the ROM's first DISCOVER to the moment the kernel starts: DHCP, the boot program by
// TFTP or HTTP, and if that program is iPXE its own DHCP round, script and images. Pure: packets, results and
// time in, actions out. Code is not executed; the boot program is recognised and its part is played.

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/random.hpp"
#include "hw-sim/firmware/dhcp_client.hpp"
#include "hw-sim/firmware/ipxe_script.hpp"
#include "hw-sim/firmware/tftp_fetch.hpp"

namespace colony::hw_sim {

struct NetworkBootTimings {
  DhcpTimings dhcp;
  TftpTimings tftp;
  core::Duration settle = std::chrono::seconds(1);  // iPXE's start and link-up, before its own DHCP
  double script_sleep_factor = 1.0;                 // what a script's `sleep` is multiplied with
};

struct BootNic {
  FirmwareKind firmware = FirmwareKind::uefi;
  core::MacAddress mac;
  core::Uuid smbios_uuid;
  std::string serial, manufacturer, product;
};

enum class UdpUse : std::uint8_t { proxy_dhcp, tftp };

struct FetchId {
  std::uint64_t value = 0;
  friend bool operator==(const FetchId&, const FetchId&) = default;
};

namespace action {
struct SendFrame {  // out of the server's NIC as it is
  core::Bytes frame;
};
struct SendUdp {  // from the held address; the same socket for one use until it is closed
  UdpUse use{};
  core::Ipv4Address to;
  std::uint16_t port = 0;
  core::Bytes payload;
};
struct CloseUdp {
  UdpUse use{};
};
struct HoldAddress {  // the NIC has this address from now on: announce it, answer ARP for it
  core::Ipv4Address address;
};
struct Fetch {  // HTTP GET from the held address; hashed as it comes, the body kept up to `keep` bytes
  FetchId id;
  std::string url;
  std::size_t keep = 0;
};
}  // namespace action

using NetworkBootAction =
    std::variant<action::SendFrame, action::SendUdp, action::CloseUdp, action::HoldAddress, action::Fetch>;
using NetworkBootActions = std::vector<NetworkBootAction>;

/// How a fetch ended. `problem` empty: a whole answer came.
struct FetchResult {
  std::string problem;
  unsigned status = 0;
  std::uint64_t bytes = 0;
  core::Sha256Digest digest;
  std::string body;  // the first `keep` bytes
};

/// What a boot left behind, for verdicts and for people.
struct BootRecord {
  struct Loaded {
    std::string url;
    std::uint64_t bytes = 0;
    core::Sha256Digest digest;
  };
  std::vector<Xid> xids;
  std::optional<core::Ipv4Address> address;
  std::vector<Loaded> boot_programs, scripts, images;
  std::vector<std::string> problems;  // bounded
  std::vector<std::string> screen;    // what scripts printed
};

namespace handover {
struct Kernel {
  ipxe_need::BootKernel boot;
};
struct LocalDisk {};
struct NextDevice {  // nothing to boot from here; the firmware goes on in its boot order
  std::string reason;
};
struct Reboot {};
struct PowerOff {};
struct Stuck {
  std::string reason;
};
}  // namespace handover
using Handover = std::variant<handover::Kernel, handover::LocalDisk, handover::NextDevice, handover::Reboot,
                              handover::PowerOff, handover::Stuck>;

/// True for programs whose part IpxeScript plays: recognised by what is in them, as nothing else is known.
[[nodiscard]] bool is_ipxe(core::ByteView program);

class NetworkBoot {
 public:
  NetworkBoot(BootNic nic, NetworkBootTimings timings, core::Random& random);

  [[nodiscard]] NetworkBootActions start(core::BootTime now);
  [[nodiscard]] NetworkBootActions on_dhcp(const DhcpReply& reply, core::BootTime now);
  [[nodiscard]] NetworkBootActions on_datagram(UdpUse use, core::Ipv4Address from, std::uint16_t port,
                                               core::ByteView datagram, core::BootTime now);
  [[nodiscard]] NetworkBootActions on_fetched(FetchId id, const FetchResult& result, core::BootTime now);
  [[nodiscard]] NetworkBootActions on_deadline(core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> deadline() const;

  /// Set once, at the end.
  [[nodiscard]] const std::optional<Handover>& handover() const { return handover_; }
  [[nodiscard]] const BootRecord& record() const { return record_; }
  [[nodiscard]] DhcpSpeaker speaker() const { return speaker_; }

 private:
  /// What a running fetch is for.
  enum class Purpose : std::uint8_t { boot_program, script, image };
  struct Running {
    Purpose purpose{};
    std::string url;
    FetchId id;
  };

  void begin_dhcp(core::BootTime now);
  void send_dhcp(const std::vector<DhcpSend>& sends);
  void after_dhcp(core::BootTime now);
  void load(Purpose purpose, std::string url, core::BootTime now);
  void begin_tftp(const std::string& file, bool probe, core::BootTime now);
  void send_tftp(const std::vector<TftpSend>& sends);
  void after_tftp(core::BootTime now);
  void loaded(const FetchResult& result, core::BootTime now);
  void on_boot_program(const FetchResult& result, core::BootTime now);
  void on_script(const FetchResult& result, core::BootTime now);
  void on_image(const FetchResult& result, core::BootTime now);
  void run_script(core::BootTime now);
  void problem(std::string_view text);
  void end(Handover handover);
  [[nodiscard]] IpxeScript::Variables variables() const;
  [[nodiscard]] NetworkBootActions take() { return std::exchange(actions_, {}); }

  BootNic nic_;
  NetworkBootTimings timings_;
  core::Random& random_;
  DhcpSpeaker speaker_ = DhcpSpeaker::rom;
  std::optional<DhcpClient> dhcp_;
  std::optional<DhcpLease> lease_;
  std::optional<core::Ipv4Address> held_;
  std::optional<TftpFetch> tftp_;
  core::Ipv4Address tftp_server_;
  std::optional<Running> running_;
  std::uint64_t next_fetch_ = 1;
  unsigned unreachable_urls_ = 0;
  std::optional<IpxeScript> script_;
  std::optional<core::BootTime> pause_until_;  // iPXE starting, or its script's sleep
  NetworkBootActions actions_;
  BootRecord record_;
  std::optional<Handover> handover_;
};

}  // namespace colony::hw_sim
