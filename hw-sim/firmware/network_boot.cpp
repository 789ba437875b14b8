#include "hw-sim/firmware/network_boot.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace colony::hw_sim {

namespace {

constexpr std::size_t max_script_bytes = 64 << 10;
constexpr std::size_t max_program_bytes = 8 << 20;
constexpr std::size_t max_problems = 50;
constexpr std::size_t max_tftp_name = 256;
constexpr unsigned max_unreachable_urls = 20;
constexpr std::uint16_t proxy_port = 4011;

bool contains(core::ByteView where, std::string_view what) {
  return core::as_text(where).find(what) != std::string_view::npos;
}

/// The digest that a URL of the form .../sha256/HEX announces.
std::optional<core::Sha256Digest> announced_digest(std::string_view url) {
  constexpr std::string_view mark = "/sha256/";
  const std::size_t at = url.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = url.substr(at + mark.size());
  return core::Sha256Digest::parse(rest.substr(0, rest.find_first_of("/?#")));
}

/// Splits tftp://host/path; nullopt for other URLs.
struct TftpUrl {
  core::Ipv4Address server;
  std::string file;
};
std::optional<TftpUrl> parse_tftp(std::string_view url) {
  if (!url.starts_with("tftp://")) return std::nullopt;
  url.remove_prefix(7);
  const std::size_t slash = std::min(url.find('/'), url.size());
  const auto server = core::Ipv4Address::parse(url.substr(0, slash));
  if (!server) return std::nullopt;
  return TftpUrl{*server, std::string(url.substr(std::min(slash + 1, url.size())))};
}

}  // namespace

bool is_ipxe(core::ByteView program) {
  // EFI programs carry their name; a .kpxe is compressed but for its prefix, whose messages are iPXE's own.
  return contains(program, "iPXE") || contains(program, "UNDI code segment");
}

NetworkBoot::NetworkBoot(BootNic nic, NetworkBootTimings timings, core::Random& random)
    : nic_(std::move(nic)), timings_(timings), random_(random) {}

NetworkBootActions NetworkBoot::start(core::BootTime now) {
  begin_dhcp(now);
  return take();
}

NetworkBootActions NetworkBoot::on_dhcp(const DhcpReply& reply, core::BootTime now) {
  if (handover_ || !dhcp_) return {};
  send_dhcp(dhcp_->on_reply(reply, now));
  after_dhcp(now);
  return take();
}

NetworkBootActions NetworkBoot::on_datagram(UdpUse use, core::Ipv4Address from, std::uint16_t port,
                                            core::ByteView datagram, core::BootTime now) {
  if (handover_) return {};
  if (use == UdpUse::proxy_dhcp) {
    if (const auto reply = decode_dhcp_reply(datagram)) return on_dhcp(*reply, now);
    return {};
  }
  if (tftp_ && from == tftp_server_) {
    send_tftp(tftp_->on_datagram(port, datagram, now));
    after_tftp(now);
  }
  return take();
}

NetworkBootActions NetworkBoot::on_fetched(FetchId id, const FetchResult& result, core::BootTime now) {
  if (handover_ || !running_ || running_->id != id) return {};
  loaded(result, now);
  return take();
}

NetworkBootActions NetworkBoot::on_deadline(core::BootTime now) {
  if (handover_) return {};
  if (pause_until_ && now >= *pause_until_) {
    pause_until_.reset();
    if (script_) {
      script_->on_slept();
      run_script(now);
    } else {
      begin_dhcp(now);
    }
  } else if (dhcp_) {
    send_dhcp(dhcp_->on_deadline(now));
    after_dhcp(now);
  } else if (tftp_) {
    send_tftp(tftp_->on_deadline(now));
    after_tftp(now);
  }
  return take();
}

std::optional<core::BootTime> NetworkBoot::deadline() const {
  if (handover_) return std::nullopt;
  if (pause_until_) return pause_until_;
  if (dhcp_) return dhcp_->deadline();
  if (tftp_) return tftp_->deadline();
  return std::nullopt;
}

void NetworkBoot::begin_dhcp(core::BootTime now) {
  const DhcpIdentity identity{nic_.firmware, speaker_, nic_.mac, nic_.smbios_uuid, {}};
  dhcp_.emplace(identity, Xid{random_.u32()}, timings_.dhcp);
  record_.xids.push_back(dhcp_->xid());
  send_dhcp(dhcp_->start(now));
}

void NetworkBoot::send_dhcp(const std::vector<DhcpSend>& sends) {
  assert(dhcp_);
  for (const DhcpSend& send : sends) {
    core::Bytes payload = encode_dhcp(dhcp_->identity(), send.fields);
    if (send.proxy) {
      const auto address = dhcp_->address();
      if (address && held_ != address) {
        held_ = address;
        actions_.emplace_back(action::HoldAddress{*address});
      }
      actions_.emplace_back(action::SendUdp{UdpUse::proxy_dhcp, *send.proxy, proxy_port, std::move(payload)});
      continue;
    }
    actions_.emplace_back(action::SendFrame{encode_dhcp_frame(nic_.mac, payload)});
  }
}

void NetworkBoot::after_dhcp(core::BootTime now) {
  const auto ended = dhcp_ ? dhcp_->outcome() : std::nullopt;
  if (!ended) return;
  const DhcpClient::Outcome& outcome = *ended;
  dhcp_.reset();
  actions_.emplace_back(action::CloseUdp{UdpUse::proxy_dhcp});
  if (const auto* failure = std::get_if<DhcpFailure>(&outcome)) {
    const std::string who = speaker_ == DhcpSpeaker::ipxe ? "iPXE" : "ROM";
    problem(fmt::format("{} DHCP: {}", who, name(*failure)));
    end(handover::NextDevice{std::string(name(*failure))});
    return;
  }
  lease_ = std::get<DhcpLease>(outcome);
  record_.address = lease_->address;
  if (held_ != lease_->address) {
    held_ = lease_->address;
    actions_.emplace_back(action::HoldAddress{lease_->address});
  }
  std::string url = lease_->boot_file;
  if (url.find("://") == std::string::npos) {
    url = fmt::format("tftp://{}/{}", lease_->boot_server.to_string(), url);
  }
  // iPXE takes a script as its boot file, or chains into another boot program.
  load(speaker_ == DhcpSpeaker::ipxe ? Purpose::script : Purpose::boot_program, std::move(url), now);
}

void NetworkBoot::load(Purpose purpose, std::string url, core::BootTime now) {
  running_ = Running{purpose, url, FetchId{next_fetch_++}};
  const auto tftp = parse_tftp(url);
  if (tftp && tftp->file.size() <= max_tftp_name) {
    tftp_server_ = tftp->server;
    // ROMs ask for the size first and abort; iPXE asks once.
    begin_tftp(tftp->file, speaker_ == DhcpSpeaker::rom, now);
    return;
  }
  if (!url.starts_with("http://")) {
    // A script may retry this at once and for ever.
    if (++unreachable_urls_ > max_unreachable_urls) {
      end(handover::Stuck{"loops over URLs that nothing here can fetch"});
      return;
    }
    loaded(FetchResult{"no such protocol: " + core::printable(url), 0, 0, {}, {}}, now);
    return;
  }
  const std::size_t keep = purpose == Purpose::boot_program ? max_program_bytes
                           : purpose == Purpose::script     ? max_script_bytes + 1
                                                            : 0;
  actions_.emplace_back(action::Fetch{running_->id, std::move(url), keep});
}

void NetworkBoot::begin_tftp(const std::string& file, bool probe, core::BootTime now) {
  TftpRequest request;
  request.file = file;
  request.probe_size = probe;
  // Measured: EDK2 asks for 1468 and windowsize 4, iPXE for 1432; BIOS ROMs for 1456 (PXE 2.1 era).
  const bool ipxe = speaker_ == DhcpSpeaker::ipxe;
  const bool bios = nic_.firmware == FirmwareKind::bios;
  request.block_size = ipxe ? 1432 : bios ? 1456 : 1468;
  request.window_size = ipxe || bios ? 1 : 4;
  tftp_.emplace(std::move(request), timings_.tftp);
  send_tftp(tftp_->start(now));
}

void NetworkBoot::send_tftp(const std::vector<TftpSend>& sends) {
  for (const TftpSend& send : sends) {
    actions_.emplace_back(action::SendUdp{UdpUse::tftp, tftp_server_, send.port, send.datagram});
  }
}

void NetworkBoot::after_tftp(core::BootTime now) {
  auto ended = tftp_ ? tftp_->outcome() : std::nullopt;
  if (!ended) return;
  const TftpRequest request = tftp_->request();
  tftp_.reset();
  // The next transfer comes from a new port, as a new transfer identifier must.
  actions_.emplace_back(action::CloseUdp{UdpUse::tftp});
  if (const auto* failure = std::get_if<TftpFailure>(&*ended)) {
    loaded(
        FetchResult{
            fmt::format("TFTP {} {}", name(failure->reason), core::printable(failure->text)), 0, 0, {}, {}},
        now);
    return;
  }
  if (request.probe_size) {
    begin_tftp(request.file, false, now);
    return;
  }
  const auto& file = std::get<TftpFile>(*ended);
  loaded(
      FetchResult{
          {}, 200, file.content.size(), core::sha256(file.content), std::string(core::as_text(file.content))},
      now);
}

void NetworkBoot::loaded(const FetchResult& result, core::BootTime now) {
  assert(running_);
  FetchResult checked = result;
  if (checked.problem.empty() && checked.status != 200)
    checked.problem = fmt::format("HTTP {}", checked.status);
  if (!checked.problem.empty()) problem(fmt::format("{}: {}", running_->url, checked.problem));
  const auto announced = announced_digest(running_->url);
  if (checked.problem.empty() && announced && *announced != checked.digest) {
    checked.problem = "digest mismatch";
    problem(fmt::format("{}: content has digest {}", running_->url, checked.digest.to_string()));
  }
  switch (running_->purpose) {
    case Purpose::boot_program: on_boot_program(checked, now); break;
    case Purpose::script: on_script(checked, now); break;
    case Purpose::image: on_image(checked, now); break;
  }
}

void NetworkBoot::on_boot_program(const FetchResult& result, core::BootTime now) {
  assert(running_);
  if (!result.problem.empty()) {
    end(handover::NextDevice{"boot program: " + result.problem});
    return;
  }
  record_.boot_programs.push_back({running_->url, result.bytes, result.digest});
  if (!is_ipxe(core::as_bytes(result.body))) {
    problem(fmt::format("{}: not a boot program known here", running_->url));
    end(handover::Stuck{"runs an unknown boot program"});
    return;
  }
  running_.reset();
  script_.reset();
  speaker_ = DhcpSpeaker::ipxe;
  pause_until_ = now + timings_.settle;
}

void NetworkBoot::on_script(const FetchResult& result, core::BootTime now) {
  assert(running_);
  const std::string url = running_->url;
  const bool chained = script_.has_value();
  if (result.problem.empty() && is_ipxe(core::as_bytes(result.body)) && !result.body.starts_with("#!")) {
    on_boot_program(result, now);
    return;
  }
  auto script = result.problem.empty()
                    ? IpxeScript::parse(result.body, url, chained ? script_->variables() : variables())
                    : core::Result<IpxeScript>(core::fail(core::ErrorKind::io, "", result.problem));
  if (!script) {
    if (result.problem.empty()) problem(fmt::format("{}: {}", url, script.error().message));
    if (chained) {
      script_->on_failure();
      run_script(now);
    } else {
      end(handover::NextDevice{"script: " + script.error().message});
    }
    return;
  }
  record_.scripts.push_back({url, result.bytes, result.digest});
  running_.reset();
  script_ = std::move(*script);
  run_script(now);
}

void NetworkBoot::on_image(const FetchResult& result, core::BootTime now) {
  assert(running_ && script_);
  if (result.problem.empty()) {
    record_.images.push_back({running_->url, result.bytes, result.digest});
    script_->on_image(result.bytes, result.digest);
  } else {
    script_->on_failure();
  }
  running_.reset();
  run_script(now);
}

void NetworkBoot::run_script(core::BootTime now) {
  assert(script_);
  IpxeNeed need = script_->run();
  record_.screen = script_->screen();
  if (auto* fetch = std::get_if<ipxe_need::Fetch>(&need)) {
    load(Purpose::image, fetch->url, now);
  } else if (auto* chain = std::get_if<ipxe_need::Chain>(&need)) {
    load(Purpose::script, chain->url, now);
  } else if (auto* sleep = std::get_if<ipxe_need::Sleep>(&need)) {
    const auto scaled = static_cast<double>(sleep->duration.count()) * timings_.script_sleep_factor;
    pause_until_ = now + core::Duration(static_cast<core::Duration::rep>(scaled));
  } else if (auto* boot = std::get_if<ipxe_need::BootKernel>(&need)) {
    end(handover::Kernel{std::move(*boot)});
  } else if (std::holds_alternative<ipxe_need::LocalDisk>(need)) {
    end(handover::LocalDisk{});
  } else if (auto* exit = std::get_if<ipxe_need::Exit>(&need)) {
    // EDK2 takes success for "something booted and came back" and opens its menu; only after a failure it
    // goes on in its boot order. A BIOS goes on either way.
    if (exit->success && nic_.firmware != FirmwareKind::bios) {
      end(handover::Stuck{"in the UEFI boot manager's menu: the boot program ended with success"});
    } else {
      end(handover::NextDevice{exit->success ? "script ended" : "script failed"});
    }
  } else if (std::holds_alternative<ipxe_need::Reboot>(need)) {
    end(handover::Reboot{});
  } else if (std::holds_alternative<ipxe_need::PowerOff>(need)) {
    end(handover::PowerOff{});
  } else {
    end(handover::Stuck{std::get<ipxe_need::Stuck>(need).reason});
  }
}

void NetworkBoot::problem(std::string_view text) {
  if (record_.problems.size() < max_problems) record_.problems.push_back(core::printable(text, 300));
}

void NetworkBoot::end(Handover handover) {
  running_.reset();
  handover_ = std::move(handover);
}

IpxeScript::Variables NetworkBoot::variables() const {
  const bool efi = nic_.firmware != FirmwareKind::bios;
  const std::string mac = nic_.mac.to_string();
  IpxeScript::Variables out{
      {"mac", mac},
      {"net0/mac", mac},
      {"netX/mac", mac},
      {"uuid", nic_.smbios_uuid.to_string()},
      {"serial", nic_.serial},
      {"manufacturer", nic_.manufacturer},
      {"product", nic_.product},
      {"platform", efi ? "efi" : "pcbios"},
      {"buildarch", efi ? "x86_64" : "i386"},
      {"net0/chip", efi ? "snponly" : "undionly"},
      {"version", "1.0.0+"},
  };
  if (lease_) {
    for (const char* key : {"ip", "net0/ip", "net0.dhcp/ip"}) out[key] = lease_->address.to_string();
    for (const char* key : {"next-server", "net0/next-server"}) out[key] = lease_->boot_server.to_string();
    out["dhcp-server"] = lease_->server_id.to_string();
    out["filename"] = lease_->boot_file;
  }
  return out;
}

}  // namespace colony::hw_sim
