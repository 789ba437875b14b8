#include "daemon/boot/boot_house.hpp"

#include <filesystem>
#include <optional>

#include "daemon/boot/scout_routes.hpp"
#include "pxe/artifacts/boot_programs.hpp"
#include "pxe/dhcp/proxy_server.hpp"
#include "pxe/http/boot_routes.hpp"
#include "pxe/http/site_files.hpp"
#include "pxe/ipxe/script.hpp"
#include "pxe/ra/ra_server.hpp"
#include "pxe/tftp/tftp_server.hpp"

namespace colony::daemon {

namespace {

using core::ClientArch;
using core::Result;

/// Debian's boot programs, replaced where the site names its own.
struct ChosenPrograms {
  pxe::BootPrograms programs;
  std::map<ClientArch, std::string> nbp;
};

Result<ChosenPrograms> choose_programs(const NbpConfig& config, core::Log& log) {
  ChosenPrograms chosen;
  for (const auto& file : pxe::debian_boot_programs()) {
    if (auto loaded = chosen.programs.load(file); !loaded) {
      // A site may name all its own; what is missing then is never asked for.
      log.warn("boot.program_missing", loaded.error().message, {{"program", file.name}});
    }
  }
  chosen.nbp = pxe::dhcp::ReplyConfig{}.nbp;
  const std::pair<ClientArch, const FilePath&> own[] = {{ClientArch::bios_x86, config.bios},
                                                        {ClientArch::efi_x64, config.x64},
                                                        {ClientArch::efi_arm64, config.arm64}};
  for (const auto& [arch, path] : own) {
    if (path.empty()) continue;
    const std::string name = std::filesystem::path(path.text()).filename().string();
    if (auto loaded = chosen.programs.load({name, path.text()}); !loaded) {
      return std::unexpected(core::with_context(loaded.error(), "pxe.nbp"));
    }
    chosen.nbp[arch] = name;
  }
  return chosen;
}

pxe::tftp::BootFiles tftp_files(const pxe::BootPrograms& programs,
                                const pxe::dhcp::LearnedAddresses& addresses, pxe::BootServer server) {
  pxe::tftp::BootFiles files;
  for (const auto& [name, bytes] : programs.all()) files.add(name, bytes);
  files.add_virtual("autoexec.ipxe",
                    [&addresses, server](const pxe::tftp::FileRequest& request) -> pxe::tftp::FileBytes {
                      const auto last = request.mac ? addresses.last_request(*request.mac) : std::nullopt;
                      if (!last) return nullptr;
                      return std::make_shared<const std::string>(pxe::ipxe::autoexec_script(*last, server));
                    });
  return files;
}

}  // namespace

struct BootHouse::Rooms {
  Rooms(Parts parts, ChosenPrograms chosen, pxe::BootServer boot_server, std::optional<pxe::SiteFiles> files)
      : programs(std::move(chosen.programs)),
        site_files(std::move(files)),
        tftp_source(tftp_files(programs, parts.addresses, boot_server)),
        configs(parts.workshop.configs()),
        routes(pxe::BootServices{
            .timers = parts.timers,
            .log = parts.log,
            .policy = parts.workshop.boot_policy(),
            .addresses = parts.clients,
            .evidence = parts.workshop.evidence(),
            .artifacts = parts.artifacts,
            .programs = programs,
            .configs = configs,
            .render =
                [boot_server](const pxe::BootDecision& decision, const pxe::BootRequest& request) {
                  return pxe::ipxe::render_script(decision, request, boot_server);
                },
            .files = site_files ? &*site_files : nullptr}) {
    routes.add_to(router);
    add_scout_routes(router, parts.workshop.scout());
  }

  pxe::BootPrograms programs;
  std::optional<pxe::SiteFiles> site_files;
  pxe::tftp::BootFiles tftp_source;
  ConfigDeliveryDoor configs;
  pxe::BootRoutes routes;
  core::http::Router router;
  core::FileDescriptor http_listener;
  std::unique_ptr<core::http::Server> http;
  std::unique_ptr<pxe::dhcp::ProxyServer> dhcp;
  std::unique_ptr<pxe::ra::RaServer> ra;
  std::unique_ptr<pxe::tftp::TftpServer> tftp;
};

BootHouse::BootHouse(std::unique_ptr<Rooms> rooms) : rooms_(std::move(rooms)) {}
BootHouse::~BootHouse() = default;

Result<std::unique_ptr<BootHouse>> BootHouse::open(Parts parts, const Config& config,
                                                   core::Ipv4Network network) {
  auto chosen = choose_programs(config.pxe.nbp, parts.log);
  if (!chosen) return std::unexpected(chosen.error());
  const auto nbp = chosen->nbp;
  std::optional<pxe::SiteFiles> files;
  if (!config.http.root.empty()) {
    auto opened = pxe::SiteFiles::open(config.http.root.text());
    if (!opened) return std::unexpected(opened.error());
    files = std::move(*opened);
  }
  const pxe::BootServer server{network.address, config.http.port};
  auto rooms = std::make_unique<Rooms>(parts, std::move(*chosen), server, std::move(files));

  auto listener = parts.privileged.listen({network.address, config.http.port});
  if (!listener) return std::unexpected(listener.error());
  rooms->http_listener = std::move(*listener);
  rooms->http = std::make_unique<core::http::Server>(parts.timers, parts.log, rooms->router,
                                                     core::http::ServerLimits{}, "pxe.http");

  pxe::tftp::TftpServerConfig tftp_config;
  tftp_config.interface = config.load_balancer.interface.text();
  tftp_config.network = network;
  tftp_config.transfer = {.block_size = config.tftp.block_size, .window_size = config.tftp.window_size};
  if (config.tftp.clients == TftpClients::subnet) tftp_config.clients = pxe::tftp::ClientRule::subnet;
  auto tftp = pxe::tftp::TftpServer::open(parts.privileged, parts.timers, parts.clients, rooms->tftp_source,
                                          parts.workshop.evidence(), parts.log, std::move(tftp_config));
  if (!tftp) return std::unexpected(tftp.error());
  rooms->tftp = std::move(*tftp);

  if (config.dhcp.mode == DhcpMode::proxy) {
    auto dhcp = pxe::dhcp::ProxyServer::open(
        parts.privileged, parts.timers, parts.workshop.boot_policy(), parts.addresses,
        parts.workshop.evidence(), parts.log,
        {.interface = config.load_balancer.interface.text(), .reply = {.server = server, .nbp = nbp}});
    if (!dhcp) return std::unexpected(dhcp.error());
    rooms->dhcp = std::move(*dhcp);
  }
  auto ra = pxe::ra::RaServer::open(
      parts.privileged, parts.timers, parts.log, config.load_balancer.interface.text(),
      [&addresses = parts.addresses](core::MacAddress mac) { return addresses.knows(mac); });
  if (!ra) return std::unexpected(ra.error());
  rooms->ra = std::move(*ra);
  return std::unique_ptr<BootHouse>(new BootHouse(std::move(rooms)));
}

void BootHouse::start(core::TaskGroup& group) {
  rooms_->http->start(std::move(rooms_->http_listener));
  rooms_->tftp->start(group);
  if (rooms_->dhcp) rooms_->dhcp->start(group);
  rooms_->ra->start(group);
}

void BootHouse::set_ready(bool ready) {
  rooms_->routes.set_ready(ready);
}

core::Task<> BootHouse::stop() {
  set_ready(false);
  co_await rooms_->http->stop();
}

}  // namespace colony::daemon
