#pragma once
// Every key of colony.yaml once: its name, its member, its limits and whether a running daemon takes a change
// up. Reading, writing and comparing are three visitors over this list, so they cannot disagree.
//
// A visitor has: value(key, member, takes_up) for types with their own rules, number(key, member, min, max,
// takes_up), duration(key, member, min, max, takes_up), list(key, vector, limit, takes_up) of values,
// rows(key, vector, limit, takes_up) of sections, and section(key, struct).

#include <concepts>

#include "daemon/config/config.hpp"

namespace colony::daemon {

enum class TakesUp : std::uint8_t { restart, live };

template <class C, class Section>
concept Either = std::same_as<std::remove_const_t<C>, Section>;

void fields(auto& v, Either<LoadBalancerConfig> auto& c) {
  v.value("interface", c.interface, TakesUp::restart);
  v.value("ip", c.ip, TakesUp::restart);
}

void fields(auto& v, Either<HostedConfig> auto& c) {
  v.value("enabled", c.enabled, TakesUp::restart);
  v.value("url", c.url, TakesUp::restart);
  v.value("api_key_file", c.api_key_file, TakesUp::restart);
  v.value("ca_file", c.ca_file, TakesUp::restart);
}

void fields(auto& v, Either<DhcpSubnet> auto& c) {
  v.value("network", c.network, TakesUp::restart);
  v.value("range", c.range, TakesUp::restart);
  v.value("gateway", c.gateway, TakesUp::restart);
  v.list("dns", c.dns, 8, TakesUp::restart);
  v.list("ntp", c.ntp, 8, TakesUp::restart);
  v.duration("lease_time", c.lease_time, std::chrono::minutes(1), std::chrono::days(7), TakesUp::restart);
}

void fields(auto& v, Either<DhcpReservation> auto& c) {
  v.value("mac", c.mac, TakesUp::restart);
  v.value("ip", c.ip, TakesUp::restart);
  v.value("hostname", c.hostname, TakesUp::restart);
}

void fields(auto& v, Either<DhcpConfig> auto& c) {
  v.value("mode", c.mode, TakesUp::restart);
  v.value("discover", c.discover, TakesUp::live);
  v.rows("subnets", c.subnets, 64, TakesUp::restart);
  v.rows("reservations", c.reservations, 4096, TakesUp::restart);
  v.value("force", c.force, TakesUp::restart);
}

void fields(auto& v, Either<TftpConfig> auto& c) {
  v.value("server", c.server, TakesUp::restart);
  v.number("block_size", c.block_size, 512, 65464, TakesUp::restart);
  v.number("window_size", c.window_size, 1, 64, TakesUp::restart);
  v.value("clients", c.clients, TakesUp::restart);
  v.value("single_port", c.single_port, TakesUp::restart);
  v.value("root", c.root, TakesUp::restart);
}

void fields(auto& v, Either<HttpConfig> auto& c) {
  v.number("port", c.port, 1, 65535, TakesUp::restart);
  v.value("root", c.root, TakesUp::restart);
}

void fields(auto& v, Either<NbpConfig> auto& c) {
  v.value("bios", c.bios, TakesUp::restart);
  v.value("x64", c.x64, TakesUp::restart);
  v.value("arm64", c.arm64, TakesUp::restart);
}

void fields(auto& v, Either<PxeConfig> auto& c) {
  v.section("nbp", c.nbp);
}

void fields(auto& v, Either<BmcConfig> auto& c) {
  v.value("driver", c.driver, TakesUp::restart);
  v.list("cipher_suites", c.cipher_suites, 2, TakesUp::restart);
  v.duration("command_gap", c.command_gap, core::Duration(0), std::chrono::seconds(10), TakesUp::restart);
  v.duration("poll_interval", c.poll_interval, std::chrono::seconds(5), std::chrono::hours(1), TakesUp::live);
  v.value("sol_capture", c.sol_capture, TakesUp::live);
  v.duration("off_confirmation", c.off_confirmation, std::chrono::milliseconds(100), std::chrono::minutes(5),
             TakesUp::restart);
  v.duration("power_change", c.power_change, std::chrono::milliseconds(100), std::chrono::minutes(10),
             TakesUp::restart);
  v.value("reset", c.reset, TakesUp::live);
}

void fields(auto& v, Either<TalosConfig> auto& c) {
  v.value("version", c.version, TakesUp::restart);
  v.value("kernel", c.kernel, TakesUp::restart);
  v.value("initramfs", c.initramfs, TakesUp::restart);
  v.value("installer", c.installer, TakesUp::restart);
  v.duration("disk_boot_settle", c.disk_boot_settle, std::chrono::milliseconds(100), std::chrono::minutes(30),
             TakesUp::restart);
  v.duration("quiet_after_install", c.quiet_after_install, std::chrono::milliseconds(100),
             std::chrono::hours(1), TakesUp::restart);
}

void fields(auto& v, Either<WipeConfig> auto& c) {
  v.value("minimum", c.minimum, TakesUp::live);
  v.value("verify", c.verify, TakesUp::live);
  v.number("budget_per_hour", c.budget_per_hour, 0, 1000, TakesUp::live);
}

void fields(auto& v, Either<PolicyConfig> auto& c) {
  v.list("allow", c.allow, 4, TakesUp::live);
  v.list("protected", c.protected_assets, 1000, TakesUp::live);
  v.value("two_person", c.two_person, TakesUp::live);
}

void fields(auto& v, Either<StoreConfig> auto& c) {
  v.value("path", c.path, TakesUp::restart);
}

void fields(auto& v, Either<ApiConfig> auto& c) {
  v.value("socket", c.socket, TakesUp::restart);
  v.value("listen", c.listen, TakesUp::restart);
  v.value("tls_certificate", c.tls_certificate, TakesUp::live);
  v.value("tls_key", c.tls_key, TakesUp::live);
}

void fields(auto& v, Either<LogConfig> auto& c) {
  v.value("level", c.level, TakesUp::live);
  v.value("format", c.format, TakesUp::restart);
}

void fields(auto& v, Either<Config> auto& c) {
  v.value("datacenter_id", c.datacenter_id, TakesUp::restart);
  v.value("agent_id", c.agent_id, TakesUp::restart);
  v.section("load_balancer", c.load_balancer);
  v.section("hosted", c.hosted);
  v.section("dhcp", c.dhcp);
  v.section("tftp", c.tftp);
  v.section("http", c.http);
  v.section("pxe", c.pxe);
  v.section("bmc", c.bmc);
  v.section("talos", c.talos);
  v.section("wipe", c.wipe);
  v.section("policy", c.policy);
  v.section("store", c.store);
  v.section("api", c.api);
  v.section("log", c.log);
}

}  // namespace colony::daemon
