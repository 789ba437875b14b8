#include "daemon/boot/boot_house.hpp"

#include <filesystem>
#include <optional>

#include "daemon/boot/boot_place.hpp"
#include "daemon/boot/leases.hpp"
#include "daemon/boot/scout_routes.hpp"
#include "daemon/boot/tftp_engine.hpp"
#include "daemon/boot/tftp_files.hpp"
#include "daemon/boot/while_tftp_serves.hpp"
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

TftpFiles tftp_files(const pxe::BootPrograms& programs, const pxe::dhcp::LearnedAddresses& addresses,
                     pxe::BootServer server) {
  pxe::tftp::BootFiles files;
  for (const auto& [name, bytes] : programs.all()) files.add(name, bytes);
  files.add_virtual("autoexec.ipxe",
                    [&addresses, server](const pxe::tftp::FileRequest& request) -> pxe::tftp::FileBytes {
                      const auto last = request.mac ? addresses.last_request(*request.mac) : std::nullopt;
                      if (!last) return nullptr;
                      return std::make_shared<const std::string>(pxe::ipxe::autoexec_script(*last, server));
                    });
  return TftpFiles(std::move(files));
}

/// A foreign TFTP server has no made files: without autoexec.ipxe, iPXE asks DHCP as ever.
TreeFiles tree_files(const pxe::BootPrograms& programs) {
  return {programs.all().begin(), programs.all().end()};
}

}  // namespace

struct BootHouse::Rooms {
  Rooms(Parts parts, ChosenPrograms chosen, pxe::BootServer boot_server, std::optional<pxe::SiteFiles> files)
      : programs(std::move(chosen.programs)),
        site_files(std::move(files)),
        tftp_source(tftp_files(programs, parts.addresses, boot_server)),
        offers(parts.workshop.boot_policy()),
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

  [[nodiscard]] Result<> open_tftp(const Parts& parts, const Config& config, core::Ipv4Network network);

  pxe::BootPrograms programs;
  std::optional<pxe::SiteFiles> site_files;
  TftpFiles tftp_source;
  WhileTftpServes offers;
  ConfigDeliveryDoor configs;
  pxe::BootRoutes routes;
  core::http::Router router;
  core::FileDescriptor http_listener;
  std::unique_ptr<core::http::Server> http;
  std::unique_ptr<pxe::dhcp::ProxyServer> proxy;
  std::unique_ptr<pxe::dhcp::LeaseServer> leases;
  std::unique_ptr<pxe::ra::RaServer> ra;
  std::unique_ptr<pxe::tftp::TftpServer> tftp;  // or
  std::unique_ptr<TftpEngine> engine;
};

Result<> BootHouse::Rooms::open_tftp(const Parts& parts, const Config& config, core::Ipv4Network network) {
  if (config.tftp.server == TftpServer::tftpd_hpa) {
    // Before we are ready: the unit that serves it is started then.
    if (auto made = make_tree(beside_store(config.store, "tftp")); !made) return made;
    engine =
        std::make_unique<TftpEngine>(TftpEngine::Parts{parts.timers, parts.random, parts.log, parts.pool,
                                                       parts.privileged, parts.findings},
                                     TftpEngine::Settings{.address = network.address,
                                                          .directory = beside_store(config.store, "tftp"),
                                                          .site_root = config.tftp.root.text()},
                                     tree_files(programs));
    offers.follow([&engine = *engine] { return engine.serves(); });
    return {};
  }
  if (!config.tftp.root.empty()) {
    if (auto opened = tftp_source.open_site(config.tftp.root.text()); !opened) {
      return std::unexpected(core::with_context(opened.error(), "tftp.root"));
    }
  }
  pxe::tftp::TftpServerConfig settings;
  settings.interface = config.load_balancer.interface.text();
  settings.network = network;
  settings.transfer = {.block_size = config.tftp.block_size, .window_size = config.tftp.window_size};
  settings.single_port = config.tftp.single_port;
  if (config.tftp.clients == TftpClients::subnet) settings.clients = pxe::tftp::ClientRule::subnet;
  auto opened = pxe::tftp::TftpServer::open(parts.privileged, parts.timers, parts.clients, tftp_source,
                                            parts.workshop.evidence(), parts.log, std::move(settings));
  if (!opened) return std::unexpected(opened.error());
  tftp = std::move(*opened);
  return {};
}

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

  if (auto opened = rooms->open_tftp(parts, config, network); !opened) return std::unexpected(opened.error());

  if (config.dhcp.mode == DhcpMode::proxy) {
    auto dhcp = pxe::dhcp::ProxyServer::open(
        parts.privileged, parts.timers, rooms->offers, parts.addresses, parts.workshop.evidence(), parts.log,
        {.interface = config.load_balancer.interface.text(), .reply = {.server = server, .nbp = nbp}});
    if (!dhcp) return std::unexpected(dhcp.error());
    rooms->proxy = std::move(*dhcp);
  } else if (config.dhcp.mode == DhcpMode::server) {
    auto leases = pxe::dhcp::LeaseServer::open(
        {.privileged = parts.privileged,
         .timers = parts.timers,
         .random = parts.random,
         .log = parts.log,
         .store = parts.leases,
         .policy = rooms->offers,
         .neighbours = parts.neighbours,
         .addresses = parts.addresses,
         .evidence = parts.workshop.evidence(),
         .tell =
             [&findings = parts.findings](std::string_view key, std::optional<std::string> finding) {
               if (finding) {
                 findings.set(std::string(key), std::move(*finding));
               } else {
                 findings.clear(key);
               }
             }},
        {.interface = config.load_balancer.interface.text(),
         .reply = {.server = server, .nbp = nbp},
         .leases = make_lease_config(config.dhcp),
         .on_rival = config.dhcp.force ? pxe::dhcp::OnRival::serve : pxe::dhcp::OnRival::wait});
    if (!leases) return std::unexpected(leases.error());
    rooms->leases = std::move(*leases);
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
  if (rooms_->tftp) rooms_->tftp->start(group);
  if (rooms_->engine) rooms_->engine->start(group);
  if (rooms_->proxy) rooms_->proxy->start(group);
  if (rooms_->leases) rooms_->leases->start(group);
  rooms_->ra->start(group);
}

void BootHouse::set_ready(bool ready) {
  rooms_->routes.set_ready(ready);
  if (rooms_->engine) rooms_->engine->set_address_held(ready);
  if (rooms_->leases) rooms_->leases->set_ready(ready);
}

void BootHouse::look_again() {
  if (rooms_->engine) rooms_->engine->look_again();
  if (rooms_->leases) rooms_->leases->look_again();
}

const pxe::dhcp::LeaseServer* BootHouse::leases() const {
  return rooms_->leases.get();
}

void BootHouse::look_for_rivals() {
  if (rooms_->leases) rooms_->leases->look_again();
}

std::optional<std::uint64_t> BootHouse::taken_in(guard::Door door) const {
  switch (door) {
    case guard::Door::dhcp:
      if (rooms_->proxy) return rooms_->proxy->counters().received;
      // Before it serves, and without our address, the DHCP server does not look at what it hears.
      if (!rooms_->leases || !rooms_->leases->status().answers) break;
      return rooms_->leases->status().counters.received;
    case guard::Door::tftp: {
      if (!rooms_->tftp) break;
      const auto& counters = rooms_->tftp->counters();
      return counters.requests + counters.malformed + counters.strangers + counters.busy + counters.refused;
    }
    case guard::Door::http: {
      const auto& counters = rooms_->http->counters();
      return counters.accepted + counters.refused;
    }
  }
  return std::nullopt;
}

core::Task<> BootHouse::stop() {
  set_ready(false);
  co_await rooms_->http->stop();
}

}  // namespace colony::daemon
