#include "daemon/appliance.hpp"

#include <algorithm>
#include <cassert>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/http/server.hpp"
#include "daemon/address/address_keeper.hpp"
#include "daemon/address/journal_records.hpp"
#include "daemon/api/api_routes.hpp"
#include "daemon/api/tls_files.hpp"
#include "daemon/appliance_status.hpp"
#include "daemon/bmc/bmc_directory.hpp"
#include "daemon/bmc/console_hub.hpp"
#include "daemon/bmc/event_watch.hpp"
#include "daemon/boot/boot_house.hpp"
#include "daemon/boot/boot_place.hpp"
#include "daemon/boot/images.hpp"
#include "daemon/boot/leases.hpp"
#include "daemon/boot/site.hpp"
#include "daemon/config/files.hpp"
#include "daemon/config/text_form.hpp"
#include "daemon/config/unserved.hpp"
#include "daemon/guard/guard_shell.hpp"
#include "daemon/hosted/curl_exchange.hpp"
#include "daemon/hosted/unlinked.hpp"
#include "daemon/init/api_key_form.hpp"
#include "daemon/orders/local_desk.hpp"
#include "daemon/orders/operation_desk.hpp"
#include "drivers/ipmi/ipmi_socket.hpp"
#include "workflows/assets/bmc_papers.hpp"

namespace colony::daemon {

namespace {

using core::Result;
using core::Task;

constexpr core::Duration key_check_every = std::chrono::seconds(5);

std::vector<drivers::ipmi::CipherSuite> cipher_suites(const BmcConfig& config) {
  std::vector<drivers::ipmi::CipherSuite> suites;
  suites.reserve(config.cipher_suites.size());
  for (const auto suite : config.cipher_suites) {
    suites.push_back(suite == CipherSuite::hmac_sha256_aes ? drivers::ipmi::CipherSuite::sha256_aes
                                                           : drivers::ipmi::CipherSuite::sha1_aes);
  }
  return suites;
}

drivers::ipmi::IpmiOptions ipmi_options(const BmcConfig& config) {
  drivers::ipmi::IpmiOptions options;
  options.suites = cipher_suites(config);
  options.command_gap = config.command_gap;
  return options;
}

drivers::ipmitool::IpmitoolOptions ipmitool_options(const BmcConfig& config) {
  drivers::ipmitool::IpmitoolOptions options;
  options.suites = cipher_suites(config);
  return options;
}

void tell_unserved(Findings& findings, const core::Log& log, const Config& config) {
  findings.clear("config.unserved");
  const auto keys = unserved_keys(config);
  if (keys.empty()) return;
  const auto text = fmt::format("set, and without effect in this version: {}", fmt::join(keys, ", "));
  log.warn("config.unserved", text);
  findings.set("config.unserved", text);
}

/// One of the hosted side's, or one that was given here.
Task<Result<core::Json>> decide_held(LocalDesk& desk, HeldOrders* hosted, std::string operation,
                                     HeldOrders::Decision decision, keys::Persons by) {
  if (hosted != nullptr && !desk.knows(operation)) {
    const auto decided = hosted->decide(operation, decision);
    if (!decided) co_return std::unexpected(decided.error());
    co_return to_json(*decided);
  }
  const auto decided = co_await desk.decide(std::move(operation), decision, std::move(by));
  if (!decided) co_return std::unexpected(decided.error());
  core::Json json = to_json(decided->order);
  if (const auto& submitted = decided->submitted) json["workflow_id"] = submitted->workflow.to_string();
  co_return json;
}

/// After a reload: which changes are not in force, if any.
void tell_restart(Findings& findings, const std::vector<std::string>& keys) {
  findings.clear("config.faulty");
  findings.clear("config.restart");
  if (keys.empty()) return;
  findings.set("config.restart", fmt::format("changed, and in force only after systemctl restart colonyd: {}",
                                             fmt::join(keys, ", ")));
}

}  // namespace

/// What lives from the first bound socket to the last given-back address. Order of members = order of need.
struct Appliance::House {
  House(const Parts& parts, const Config& config, std::unique_ptr<drivers::ipmi::DatagramPort> port)
      : ipmi_port(std::move(port)),
        ipmi(parts.timers, parts.random, parts.log, *ipmi_port, ipmi_options(config.bmc)),
        ipmitool(parts.timers, parts.log, ipmitool_options(config.bmc)),
        bmcs(ipmi, ipmitool),
        workshop({.journal = parts.store,
                  .timers = parts.timers,
                  .random = parts.random,
                  .log = parts.log,
                  .bmcs = bmcs,
                  .mac_of = [this](core::Ipv4Address peer) -> std::optional<core::MacAddress> {
                    if (!clients) return std::nullopt;
                    return clients->holder(peer);
                  }},
                 make_site(config, {})),
        consoles({.timers = parts.timers,
                  .log = parts.log,
                  .ledger = workshop.ledger(),
                  .evidence = workshop.evidence(),
                  .bmcs = bmcs},
                 config.bmc.sol_capture),
        events({.timers = parts.timers,
                .log = parts.log,
                .ledger = workshop.ledger(),
                .evidence = workshop.evidence(),
                .bmcs = bmcs}),
        access({.timers = parts.timers,
                .random = parts.random,
                .log = parts.log,
                .pool = parts.pool,
                .store = parts.store}),
        desk({.timers = parts.timers, .random = parts.random, .log = parts.log, .orders = workshop.orders()},
             config.policy),
        artifacts(parts.timers, parts.pool, beside_store(config.store, "artifacts")),
        serving(parts.timers),
        tasks(parts.timers) {
    workshop.observe([this](const workflows::StagedBatch& rows) {
      consoles.on_rows(rows);
      events.on_rows(rows);
    });
    bmcs.set_passport_of([this](const workflows::BmcRecord& bmc) {
      return drivers::passport_from_text(
          workshop.ledger().working().setting(workflows::passport_setting(bmc.address, bmc.port)));
    });
    ipmi.set_on_learnt([this](const drivers::BmcEndpoint& bmc, const drivers::BmcPassport& passport) {
      workshop.keep(
          {workflows::passport_setting(bmc.address, bmc.port), core::dump_json(drivers::to_json(passport))});
    });
  }

  /// For people, and for the hosted side.
  [[nodiscard]] std::vector<std::string> to_mend() {
    auto texts = findings.texts();
    if (auto full = workshop.orders().status().store_full) texts.push_back(std::move(full->message));
    if (auto mend = link ? hosted::finding(link->status()) : std::nullopt) texts.push_back(std::move(*mend));
    return texts;
  }

  /// Orders that wait for a second person: the hosted side's, then those that were given here.
  [[nodiscard]] std::vector<HeldOrder> waiting() {
    auto all = operations ? operations->held().waiting() : std::vector<HeldOrder>{};
    std::ranges::move(desk.waiting(), std::back_inserter(all));
    return all;
  }
  [[nodiscard]] keys::Persons persons_of(const keys::Caller& caller) {
    return keys::persons_of(caller, access.ring().maker_of_key(caller));
  }

  std::unique_ptr<drivers::ipmi::DatagramPort> ipmi_port;
  drivers::ipmi::IpmiClient ipmi;
  drivers::ipmitool::IpmitoolClient ipmitool;
  DriverDirectory bmcs;
  pxe::dhcp::LearnedAddresses addresses;
  workflows::Workshop workshop;
  ConsoleHub consoles;
  EventWatch events;
  keys::Access access;
  LocalDesk desk;
  std::optional<pxe::dhcp::KernelNeighbours> neighbours;
  std::optional<pxe::dhcp::KnownClients> clients;
  pxe::ArtifactCache artifacts;
  Findings findings;
  std::unique_ptr<BootHouse> boot;
  std::optional<BootPlace> place;  // of `boot`
  std::unique_ptr<guard::GuardShell> guard;
  core::TaskGroup serving;  // of `boot`
  core::http::Router api_router;
  std::optional<core::http::UnixListener> api_socket;
  std::unique_ptr<core::http::Server> api;
  std::unique_ptr<core::http::Server> api_tls;  // api.listen; nothing while it cannot be served
  std::optional<JournalAddressRecords> records;
  std::optional<AddressShell> address;
  std::unique_ptr<AddressUser> tenant;
  std::optional<AddressKeeper> keeper;
  std::optional<ClaimedAddress> claimed;  // while machines are served
  std::optional<core::Error> missing;     // why not
  bool entered = false;                   // the journal
  Images images;
  std::optional<OperationDesk> operations;
  std::unique_ptr<hosted::CurlExchange> exchange;
  std::optional<hosted::HostedLink> link;
  core::TaskGroup tasks;
};

struct Appliance::Tenant final : AddressUser {
  Tenant(Appliance& owner, House& where) : self(owner), house(where) {}
  Task<Result<>> prepare() override { return self.set_up_boot(house); }
  Task<Result<>> on_held(ClaimedAddress claimed) override {
    return self.serve_machines(house, std::move(claimed));
  }
  void on_missing(const core::Error& why) override { self.stop_serving_machines(house, why); }

  Appliance& self;
  House& house;
};

Appliance::Appliance(Parts parts, Config config)
    : parts_(std::move(parts)), config_(std::move(config)), stopping_(parts_.timers) {}
Appliance::~Appliance() = default;

void Appliance::stop() {
  stopping_.wake();
}

Task<Result<>> Appliance::run() {
  auto port = drivers::ipmi::open_udp_port(parts_.timers, parts_.privileged);
  if (!port) co_return std::unexpected(port.error());
  House house(parts_, config_, std::move(*port));
  house_ = &house;
  const auto served = co_await serve(house);
  tell_stopping(parts_.manager);
  co_await take_down(house);
  house_ = nullptr;
  if (!served) co_return served;
  if (failure_) co_return std::unexpected(*failure_);
  co_return Result<>{};
}

Task<Result<>> Appliance::serve(House& house) {
  if (auto up = co_await bring_up(house); !up) co_return up;
  assert(house.keeper);  // bring_up's
  const auto end_with = [](Appliance& self, Task<core::Error> what) -> Task<> {
    self.fail(co_await std::move(what));
  };
  house.tasks.spawn("address", end_with(*this, house.keeper->keep()));
  co_await stopping_.wait();
  co_return Result<>{};
}

void Appliance::fail(core::Error why) {
  if (!failure_) failure_ = std::move(why);
  stop();
}

Task<Result<>> Appliance::bring_up(House& house) {
  auto& log = parts_.log;
  const auto started = parts_.timers.now();

  // What is known can be looked at from the first answer on, also while there is no address.
  if (auto opened = co_await house.workshop.open(); !opened) co_return opened;
  const auto end = [](Appliance& self, House& at) -> Task<> {
    self.fail(co_await at.workshop.store_failure());
  };
  house.tasks.spawn("store-failure", end(*this, house));

  // The local API comes next: whatever is wrong later can be asked.
  if (auto opened = co_await house.access.open(); !opened) co_return opened;
  api::add_api_routes(
      house.api_router,
      {.timers = parts_.timers,
       .log = log,
       .orders = house.workshop.orders(),
       .version = parts_.version,
       .add_status =
           [this, &house, hosted_wanted = config_.hosted.enabled](core::Json& status) {
             if (house.claimed) {
               status["address"] = {{"ip", house.claimed->address.to_string()},
                                    {"interface", house.claimed->interface},
                                    {"mac", house.claimed->mac.to_string()}};
             }
             if (house.missing) {
               status["address_problem"] = {{"code", house.missing->code},
                                            {"message", house.missing->message}};
             }
             status["faults"] = core::Json::array();
             if (auto mend = house.link ? hosted::finding(house.link->status()) : std::nullopt) {
               add_finding("hosted.link", Finding{.text = std::move(*mend)}, status);
             }
             for (const auto& [code, finding] : house.findings.all()) add_finding(code, finding, status);
             for (const auto& [code, finding] :
                  policy_findings(config_.policy, house.workshop.orders(), house.waiting())) {
               add_finding(code, finding, status);
             }
             status["dhcp"] = dhcp_status(config_.dhcp.mode, house.boot.get());
             status["hosted"] = house.link ? link_json(house.link->status())
                                           : core::Json{{"mode", hosted_wanted ? "not linked" : "off"}};
           },
       .metrics = {},
       .leases = [this, &house] { return leases_json(config_.dhcp.mode, house.boot.get()); },
       .held_orders =
           [&house] {
             auto list = core::Json::array();
             for (const auto& order : house.waiting()) list.push_back(to_json(order));
             return list;
           },
       .decide =
           [&house](std::string operation, api::ApiServices::Decision decision, const keys::Caller& caller) {
             const auto what = decision == api::ApiServices::Decision::approve
                                   ? HeldOrders::Decision::approved
                                   : HeldOrders::Decision::denied;
             auto by = house.persons_of(caller);
             return decide_held(house.desk, house.operations ? &house.operations->held() : nullptr,
                                std::move(operation), what, std::move(by));
           },
       .hold = [&house](workflows::WipeRequest& request,
                        const keys::Caller& caller) -> core::Result<std::optional<core::Json>> {
         const auto held = house.desk.hold(request, house.persons_of(caller));
         if (!held) return std::unexpected(held.error());
         if (!*held) return std::optional<core::Json>{};
         return to_json(**held);
       },
       .consoles = &house.consoles,
       .access = &house.access});
  auto listener = core::http::UnixListener::open(config_.api.socket.text());
  if (!listener) co_return std::unexpected(listener.error());
  house.api_socket.emplace(std::move(*listener));
  house.api = std::make_unique<core::http::Server>(parts_.timers, log, house.api_router,
                                                   core::http::ServerLimits{}, "api");
  house.api->start(house.api_socket->take());

  if (auto opened = co_await set_up_boot(house); !opened) co_return opened;
  house.tasks.spawn("watchdog", feed_watchdog(parts_.manager, parts_.timers, log,
                                              [&store = parts_.store] { return store.waiting_since(); }));
  tell_ready(parts_.manager, fmt::format("claiming {}", config_.load_balancer.ip.to_string()));
  log.info("daemon.ready", "store open, sockets bound",
           {{"after", core::format_duration(parts_.timers.now() - started)}});

  if (auto opened = co_await house.artifacts.open(); !opened) co_return opened;
  house.images =
      co_await import_images(house.artifacts, parts_.share_directory, config_.talos, house.findings);
  for (const auto& missing : house.findings.texts()) log.warn("boot.image_missing", missing);
  serve_tls(house);
  tell_unserved(house.findings, log, config_);
  house.workshop.reconfigure(make_site(config_, house.images));

  // The hosted side hears of us also while there is no address: that is when somebody has to come.
  if (!config_.hosted.enabled) {
    house.tasks.spawn("unlinked", hosted::acknowledge_unlinked(parts_.store));
  } else {
    house.tasks.spawn("unlinked",
                      hosted::bound_until_linked(parts_.store, hosted::LinkSettings{}.kept_at_most,
                                                 [&house] { return house.link.has_value(); }));
  }
  start_link(house);
  if (config_.hosted.enabled && !house.link) {
    house.tasks.spawn("hosted.key", link_when_there_is_a_key(house));
  }

  const auto snapshot = co_await parts_.store.load();
  if (!snapshot) co_return std::unexpected(snapshot.error());
  house.records.emplace(parts_.store, snapshot->settings);
  house.address.emplace(AddressShell::World{.timers = parts_.timers,
                                            .random = parts_.random,
                                            .privileged = parts_.privileged,
                                            .kernel = parts_.interfaces,
                                            .records = *house.records,
                                            .log = log,
                                            .boot_id = system_boot_id()});
  house.tenant = std::make_unique<Tenant>(*this, house);
  house.keeper.emplace(parts_.timers, log, *house.address, *house.tenant,
                       AddressWish{config_.load_balancer.interface, config_.load_balancer.ip});
  co_return Result<>{};
}

Task<Result<>> Appliance::set_up_boot(House& house) {
  const auto place = boot_place(config_.load_balancer, parts_.interfaces);
  if (house.boot && place == house.place) co_return Result<>{};
  // An interface that was made anew is another one to the kernel: what is bound to the old one hears nothing.
  co_await take_down_boot(house);
  if (!place) co_return Result<>{};
  auto neighbours = pxe::dhcp::KernelNeighbours::open(config_.load_balancer.interface.text());
  if (!neighbours) co_return std::unexpected(neighbours.error());
  house.neighbours.emplace(std::move(*neighbours));
  house.clients.emplace(house.addresses, *house.neighbours, house.workshop.boot_policy());
  auto boot = BootHouse::open({.timers = parts_.timers,
                               .random = parts_.random,
                               .log = parts_.log,
                               .pool = parts_.pool,
                               .privileged = parts_.privileged,
                               .workshop = house.workshop,
                               .artifacts = house.artifacts,
                               .addresses = house.addresses,
                               .clients = *house.clients,
                               .findings = house.findings,
                               .leases = parts_.store,
                               .neighbours = *house.neighbours},
                              config_, place->network);
  if (!boot) co_return std::unexpected(boot.error());
  house.boot = std::move(*boot);
  house.place = place;
  house.boot->start(house.serving);
  start_guard(house);
  co_return Result<>{};
}

/// Before the address is claimed: what is wrong with the network is known when the first machine comes.
void Appliance::start_guard(House& house) {
  assert(house.boot && house.place);  // set_up_boot's
  house.guard = guard::GuardShell::open(
      {.timers = parts_.timers,
       .random = parts_.random,
       .log = parts_.log,
       .privileged = parts_.privileged,
       .kernel = parts_.interfaces,
       .findings = house.findings,
       .taken_in = [&boot = *house.boot](guard::Door door) { return boot.taken_in(door); },
       // The DHCP server judges rivals itself.
       .on_lease_servers = [&boot = *house.boot] { boot.look_for_rivals(); }},
      {.interface = config_.load_balancer.interface.text(),
       .network = house.place->network,
       .mode = config_.dhcp.mode,
       .http_port = config_.http.port});
  if (house.guard) house.guard->start(house.serving);
}

Task<> Appliance::take_down_boot(House& house) {
  if (house.boot) co_await house.boot->stop();
  house.serving.cancel();
  co_await house.serving.join();
  house.guard.reset();
  house.boot.reset();
  for (const auto* const key : {"dhcp.rival", "dhcp.conflict", "dhcp.journal"}) house.findings.clear(key);
  house.place.reset();
  house.clients.reset();
  house.neighbours.reset();
}

Task<Result<>> Appliance::serve_machines(House& house, ClaimedAddress claimed) {
  // It came between the look and the claim.
  if (!house.boot) {
    if (auto opened = co_await set_up_boot(house); !opened) co_return opened;
  }
  house.findings.clear("address");
  house.missing.reset();
  house.claimed = std::move(claimed);
  if (house.entered) {
    house.workshop.set_ready(true);
  } else {
    if (auto entered = co_await house.workshop.start(); !entered) co_return entered;
    house.entered = true;
  }
  if (house.boot) house.boot->set_ready(true);
  tell_serving(house);
  co_return Result<>{};
}

void Appliance::stop_serving_machines(House& house, const core::Error& why) {
  if (house.boot) house.boot->set_ready(false);
  if (house.entered) house.workshop.set_ready(false);
  house.claimed.reset();
  house.missing = why;
  house.findings.set("address", fmt::format("no server is served: {}; tried again every minute, and by: "
                                            "systemctl reload colonyd",
                                            why.message));
  tell_status(parts_.manager, fmt::format("not serving: {}", why.message));
}

/// What is not a key is not tried over there: a file that is half written, or copied with blanks.
core::Result<core::Secret> Appliance::read_key() {
  auto key = key_source_.read(config_.hosted.api_key_file.text());
  if (!key) return key;
  if (const auto form = check_api_key_form(key->reveal()); !form) return std::unexpected(form.error());
  return key;
}

Task<> Appliance::link_when_there_is_a_key(House& house) {
  while (!house.link) {
    co_await parts_.timers.sleep_for(key_check_every);
    start_link(house);
  }
}

/// Without a usable key the appliance still works; the operator is told, and it is looked for again.
void Appliance::start_link(House& house) {
  if (!config_.hosted.enabled || house.link) return;
  auto exchange = hosted::CurlExchange::open(parts_.timers, {.url = config_.hosted.url.text(),
                                                             .ca_file = config_.hosted.ca_file.text(),
                                                             .user_agent = "colonyd/" + parts_.version,
                                                             .read_key = [this] { return read_key(); }});
  if (!exchange) {
    Finding finding{.text = fmt::format("not linked to the hosted side: {}: {}", exchange.error().code,
                                        exchange.error().message),
                    .cure = "it is linked within seconds when that is mended"};
    const auto& known = house.findings.all();
    const auto before = known.find("hosted.link");
    if (before == known.end() || before->second != finding) {
      parts_.log.error("hosted.not_started", exchange.error().message, {{"code", exchange.error().code}});
    }
    house.findings.set("hosted.link", std::move(finding));
    return;
  }
  house.findings.clear("hosted.link");
  house.exchange = std::move(*exchange);
  house.operations.emplace(house.workshop.orders(), config_.policy);
  house.link.emplace(
      hosted::LinkPorts{.timers = parts_.timers,
                        .log = parts_.log,
                        .random = parts_.random,
                        .store = parts_.store,
                        .exchange = *house.exchange,
                        .sink = *house.operations,
                        .heartbeat_state =
                            [&house, version = parts_.version] {
                              return heartbeat_state(house.workshop.orders().status(), version,
                                                     house.to_mend());
                            }},
      hosted::LinkSettings{
          .datacenter_id = config_.datacenter_id.text(), .agent_id = config_.agent_id.text(), .limits = {}});
  house.link->start();
}

/// The local API over TLS, or the certificate it goes on with. What is wrong there does not keep machines
/// from being served: it is told, and a reload tries again.
void Appliance::serve_tls(House& house) {
  const auto& api = config_.api;
  house.findings.clear("api.tls");
  if (api.listen.port == 0) return;
  const auto tell = [&](const core::Error& error) {
    parts_.log.error("api.tls", error.message, {{"code", error.code}});
    const auto* const state = house.api_tls ? "goes on with the certificate it had" : "is not served";
    house.findings.set("api.tls", Finding{.text = fmt::format("api.listen {}: {}", state, error.message),
                                          .cure = "then: systemctl reload colonyd"});
  };
  const auto note =
      api::check_tls_files(api.tls_certificate.text(), api.tls_key.text(), parts_.timers.utc_now());
  if (!note) return tell(note.error());
  if (!note->empty()) {
    parts_.log.warn("api.tls_dates", *note);
    house.findings.set("api.tls", Finding{.text = *note,
                                          .cure = "renew it, then: systemctl reload colonyd",
                                          .severity = Severity::warn});
  }
  const core::http::TlsServerConfig files{api.tls_certificate.text(), api.tls_key.text()};
  if (house.api_tls) {
    if (auto taken = house.api_tls->use_tls(files); !taken) tell(taken.error());
    return;
  }
  auto server = std::make_unique<core::http::Server>(parts_.timers, parts_.log, house.api_router,
                                                     core::http::ServerLimits{}, "api.tls");
  if (auto taken = server->use_tls(files); !taken) return tell(taken.error());
  auto listener = parts_.privileged.listen({.address = api.listen.address, .port = api.listen.port});
  if (!listener) return tell(listener.error());
  server->start(std::move(*listener));
  house.api_tls = std::move(server);
  parts_.log.info("api.listening", "the local API is served over TLS", {{"address", to_text(api.listen)}});
}

void Appliance::tell_serving(const House& house) {
  assert(house.claimed);  // looked at by the callers
  const auto counts = house.workshop.ledger().durable().assets().size();
  tell_status(parts_.manager, fmt::format("serving on {} ({}), {} assets", house.claimed->address.to_string(),
                                          house.claimed->interface, counts));
}

Task<> Appliance::take_down(House& house) {
  // The address goes back before anything that may have to wait for others: a service manager's patience
  // ends.
  if (house.boot) co_await house.boot->stop();
  house.serving.cancel();
  co_await house.serving.join();
  house.tasks.cancel();
  co_await house.tasks.join();
  if (house.address) co_await house.address->give_back();
  if (house.link) co_await house.link->stop();
  if (house.api) co_await house.api->stop();
  if (house.api_tls) co_await house.api_tls->stop();
  co_await house.access.stop();
  co_await house.consoles.stop();
  co_await house.events.stop();
  house.ipmi.set_on_learnt({});  // nothing is written any more
  co_await house.workshop.stop();
  house.bmcs.let_go();
  co_await house.ipmi.close();
}

void Appliance::reload(std::expected<Config, ConfigFaults> wanted) {
  tell_reloading(parts_.manager);
  if (!wanted) {
    for (const auto& fault : wanted.error()) {
      parts_.log.error("config.faulty", "the changed configuration is not taken up: " + fault.to_string());
    }
    if (house_ != nullptr) {
      house_->findings.set("config.faulty", fmt::format("the changed configuration is not taken up: {}",
                                                        wanted.error().front().to_string()));
    }
  } else {
    const auto diff = diff_config(config_, *wanted);
    config_ = with_live_keys(config_, *wanted);
    parts_.log.set_level(config_.log.level);
    if (house_ != nullptr) {
      tell_restart(house_->findings, diff.restart);
      tell_unserved(house_->findings, parts_.log, *wanted);
      house_->consoles.set_capture(config_.bmc.sol_capture);
      house_->workshop.reconfigure(make_site(config_, house_->images));
      house_->desk.set_policy(config_.policy);
      if (house_->operations) house_->operations->set_policy(config_.policy);
      if (house_->link) house_->link->look_at_key();
      if (house_->keeper) serve_tls(*house_);
      if (house_->keeper) start_link(*house_);
      if (house_->keeper) house_->keeper->try_again();
      if (house_->boot) house_->boot->look_again();
      if (house_->guard) house_->guard->look_again();
    }
    parts_.log.info("config.reloaded", "configuration read again",
                    {{"taken_up", fmt::format("{}", fmt::join(diff.live, " "))},
                     {"needs_restart", fmt::format("{}", fmt::join(diff.restart, " "))}});
  }
  if (house_ != nullptr && house_->claimed) {
    tell_ready(parts_.manager, "serving");
    tell_serving(*house_);
  } else {
    tell_ready(parts_.manager,
               house_ != nullptr && house_->keeper ? "not serving: see colony status" : "starting");
  }
}

}  // namespace colony::daemon
