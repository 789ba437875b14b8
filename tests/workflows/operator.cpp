#include "tests/workflows/operator.hpp"

#include <algorithm>
#include <chrono>

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

core::Error no_answer() {
  return {core::ErrorKind::timed_out, "test.no_answer", "the program did not answer"};
}

template <class T>
core::Result<T> flat(std::optional<core::Result<T>> answer) {
  if (!answer) return std::unexpected(no_answer());
  return std::move(*answer);
}

BmcEnrolment enrolment_of(const Server& server, bool auto_discover, std::string name) {
  BmcEnrolment enrolment;
  enrolment.address = server.bmc_address;
  enrolment.username = "ADMIN";
  enrolment.password = core::Secret("pass");
  enrolment.auto_discover = auto_discover;
  enrolment.name = std::move(name);
  return enrolment;
}

std::function<core::Task<core::Result<Enrolled>>(Workshop&)> ask_enrol(core::Ipv4Address bmc,
                                                                       bool auto_discover,
                                                                       std::string name = {}) {
  return [bmc, auto_discover, name = std::move(name)](Workshop& workshop) {
    Server server;
    server.bmc_address = bmc;
    return workshop.orders().enrol_bmc(enrolment_of(server, auto_discover, name));
  };
}

std::function<core::Task<core::Result<Submitted>>(Workshop&)> ask_provision(core::AssetId asset,
                                                                            std::string operation,
                                                                            std::string disk) {
  return [asset, operation = std::move(operation), disk = std::move(disk)](Workshop& workshop) {
    return workshop.orders().provision(
        {asset.to_string(), core::Secret(machine_config), disk, {}, operation});
  };
}

std::function<core::Task<core::Result<Submitted>>(Workshop&)> ask_wipe(core::AssetId asset,
                                                                       std::string operation,
                                                                       std::vector<std::string> disks) {
  return [asset, operation = std::move(operation), disks = std::move(disks)](Workshop& workshop) {
    return workshop.orders().wipe({asset.to_string(), disks, {}, operation});
  };
}

}  // namespace

core::Result<Enrolled> enrol(World& world, const Server& server, bool auto_discover, std::string name) {
  return flat(
      world.ask<core::Result<Enrolled>>(ask_enrol(server.bmc_address, auto_discover, std::move(name))));
}

bool open_window(World& world, core::Duration span) {
  const auto opened = world.ask<core::Result<core::UtcTime>>(
      [span](Workshop& workshop) { return workshop.orders().open_discovery_window(span); });
  return opened && opened->has_value();
}

core::Result<Submitted> provision(World& world, core::AssetId asset, std::string operation,
                                  std::string disk) {
  return flat(
      world.ask<core::Result<Submitted>>(ask_provision(asset, std::move(operation), std::move(disk))));
}

core::Result<Submitted> wipe(World& world, core::AssetId asset, std::string operation,
                             std::vector<std::string> disks) {
  return flat(world.ask<core::Result<Submitted>>(ask_wipe(asset, std::move(operation), std::move(disks))));
}

core::Result<Submitted> discover(World& world, core::AssetId asset) {
  return flat(world.ask<core::Result<Submitted>>(
      [asset](Workshop& workshop) { return workshop.orders().discover({asset.to_string(), ""}); }));
}

core::Result<> cancel(World& world, core::WorkflowId id) {
  // Past World::ask(): also while the program has no address, and answers nobody on the network.
  auto out = std::make_shared<std::optional<core::Result<>>>();
  const auto keep = [](Orders& orders, core::WorkflowId which,
                       std::shared_ptr<std::optional<core::Result<>>> to) -> core::Task<> {
    to->emplace(co_await orders.cancel(which));
  };
  world.appliance().connections.spawn("cancel", keep(world.orders(), id, out));
  world.run_until([&out] { return out->has_value(); }, 5min);
  return out->value_or(std::unexpected(no_answer()));
}

bool finishes(World& world, core::WorkflowId id) {
  return world.run_until(
      [&world, id] {
        const auto row = world.disk.workflows.find(id);
        const WorkflowPtr durable = world.appliance().workshop.ledger().durable().workflow(id);
        return row != world.disk.workflows.end() && durable && is_finished(*durable);
      },
      72h);
}

std::string error_of(World& world, core::WorkflowId id) {
  return world.disk.workflows.at(id).error_code;
}

core::AssetId discovered(World& world, Server& server) {
  const auto enrolled = enrol(world, server);
  if (!enrolled || !enrolled->discovery) return {};
  finishes(world, enrolled->discovery->workflow);
  return enrolled->asset;
}

core::Task<> do_the_whole_job(World& world, Server& server, Job& job) {
  const auto status = [](World& in, core::AssetId id) -> std::optional<AssetView> {
    if (!in.is_up()) return std::nullopt;
    auto view = in.orders().asset(id.to_string());
    return view ? std::optional(std::move(*view)) : std::nullopt;
  };
  const core::Ipv4Address bmc = server.bmc_address;
  while (!job.asset) {
    const auto enrolled = co_await world.request<core::Result<Enrolled>>(ask_enrol(bmc, true));
    if (enrolled && *enrolled) job.asset = (*enrolled)->asset;
    co_await world.timers.sleep_for(1s);
  }
  const core::AssetId id = *job.asset;
  const auto reach = [](World& in, auto look, core::AssetId asset, AssetStatus wanted) -> core::Task<> {
    for (;;) {
      const auto view = look(in, asset);
      if (view && view->status == wanted && !view->workflow && view->queued == 0) co_return;
      co_await in.timers.sleep_for(5s);
    }
  };
  const auto insist = [](World& in, std::function<core::Task<core::Result<Submitted>>(Workshop&)> order,
                         std::string& trouble) -> core::Task<> {
    for (;;) {
      const auto answer = co_await in.request<core::Result<Submitted>>(order);
      if (answer && *answer) co_return;
      if (answer) trouble = answer->error().code;
      co_await in.timers.sleep_for(2s);
    }
  };
  co_await reach(world, status, id, AssetStatus::available);
  co_await insist(world, ask_provision(id, "op-provision", ""), job.trouble);
  co_await reach(world, status, id, AssetStatus::provisioned);
  job.provisioned = true;
  co_await insist(world, ask_wipe(id, "op-wipe", {}), job.trouble);
  co_await reach(world, status, id, AssetStatus::available);
  job.wiped = true;
  job.done = true;
}

Server& add_taciturn(World& world) {
  Server& server = world.add_server();
  server.tells_bmc_address = false;
  server.bmc_guid.reset();
  server.bmc_fru_serial.clear();
  return server;
}

AssetView only_asset(World& world) {
  const auto assets = world.orders().assets();
  return assets.size() == 1 ? assets.front() : AssetView{};
}

bool noted(World& world, std::string_view code, std::string_view text) {
  return std::ranges::any_of(world.disk.timeline, [code, text](const TimelineRow& row) {
    const auto* note = std::get_if<core::Note>(&row.evidence.fact);
    return note != nullptr && note->code == code && note->text.contains(text);
  });
}

}  // namespace colony::workflows
