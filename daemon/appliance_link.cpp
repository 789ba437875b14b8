#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/appliance_house.hpp"
#include "daemon/appliance_status.hpp"
#include "daemon/init/api_key_form.hpp"

namespace colony::daemon {

using core::Task;

namespace {

constexpr core::Duration key_check_every = std::chrono::seconds(5);

}  // namespace

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

}  // namespace colony::daemon
