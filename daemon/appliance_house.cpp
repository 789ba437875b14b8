#include "daemon/appliance_house.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "daemon/boot/site.hpp"
#include "daemon/config/files.hpp"
#include "workflows/assets/bmc_papers.hpp"

namespace colony::daemon {

namespace {

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

}  // namespace

Appliance::House::House(const Parts& parts, const Config& config,
                        std::unique_ptr<drivers::ipmi::DatagramPort> port)
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

std::vector<std::string> Appliance::House::to_mend() {
  auto texts = findings.texts();
  if (auto full = workshop.orders().status().store_full) texts.push_back(std::move(full->message));
  if (auto mend = link ? hosted::finding(link->status()) : std::nullopt) texts.push_back(std::move(*mend));
  return texts;
}

std::vector<HeldOrder> Appliance::House::waiting() {
  auto all = operations ? operations->held().waiting() : std::vector<HeldOrder>{};
  std::ranges::move(desk.waiting(), std::back_inserter(all));
  return all;
}

keys::Persons Appliance::House::persons_of(const keys::Caller& caller) {
  return keys::persons_of(caller);
}

}  // namespace colony::daemon
