#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/api/api_routes.hpp"
#include "daemon/api/metrics.hpp"
#include "daemon/api/tls_files.hpp"
#include "daemon/appliance_house.hpp"
#include "daemon/appliance_status.hpp"
#include "daemon/config/text_form.hpp"

namespace colony::daemon {

using core::Result;
using core::Task;

namespace {

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

}  // namespace

Result<> Appliance::serve_api(House& house) {
  api::add_api_routes(
      house.api_router,
      {.timers = parts_.timers,
       .log = parts_.log,
       .orders = house.workshop.orders(),
       .version = parts_.version,
       .add_status = [this, &house](core::Json& status) { add_status(house, status); },
       .metrics =
           [&house] {
             return house.api_tls ? api::tls_metrics(house.api_tls->counters()) : std::vector<api::Metric>{};
           },
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
  if (!listener) return std::unexpected(listener.error());
  house.api_socket.emplace(std::move(*listener));
  house.api = std::make_unique<core::http::Server>(parts_.timers, parts_.log, house.api_router,
                                                   core::http::ServerLimits{}, "api");
  house.api->start(house.api_socket->take());
  return {};
}

void Appliance::add_status(House& house, core::Json& status) {
  if (house.claimed) {
    status["address"] = {{"ip", house.claimed->address.to_string()},
                         {"interface", house.claimed->interface},
                         {"mac", house.claimed->mac.to_string()}};
  }
  if (house.missing) {
    status["address_problem"] = {{"code", house.missing->code}, {"message", house.missing->message}};
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
                                : core::Json{{"mode", config_.hosted.enabled ? "not linked" : "off"}};
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

}  // namespace colony::daemon
