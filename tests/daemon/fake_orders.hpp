#pragma once
// Orders as a table: remembers what was asked, shows what it was given.

#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "drivers/scout/disk_names.hpp"
#include "workflows/orders.hpp"

namespace colony::test {

using core::Result;
using core::Task;

struct FakeOrders final : workflows::Orders {
  std::vector<workflows::AssetView> all_assets;
  std::vector<workflows::WorkflowView> all_workflows;
  std::vector<workflows::StoredEvent> all_events;
  std::vector<workflows::WipeRecordRow> all_wipe_records;
  std::vector<workflows::TimelineEntry> all_timeline;
  workflows::StatusView shown_status;
  std::vector<std::string> asked;             // one line per change
  core::Secret next_password;                 // of show_bmc_login
  std::function<void()> on_order;             // while one is taken
  std::optional<core::Error> refusal;         // of the next changes
  std::optional<core::Error> plan_refusal;    // of a wipe
  std::string refused_asset;                  // no order is taken for it
  std::vector<workflows::StoredEvent> later;  // come with wait_for_event, one at a time
  std::vector<drivers::scout::Disk> disks;    // of any wipe plan
  std::vector<drivers::scout::Nic> nics;      // of any provision plan that asks for some

  workflows::AssetView& add_asset(std::string name) {
    workflows::AssetView asset;
    asset.id = *core::AssetId::parse(fmt::format("00000000-0000-4000-8000-{:012}", all_assets.size() + 1));
    asset.name = std::move(name);
    all_assets.push_back(asset);
    return all_assets.back();
  }
  workflows::WorkflowView& add_workflow(const workflows::AssetView& asset, std::string type) {
    workflows::WorkflowView workflow;
    workflow.id =
        *core::WorkflowId::parse(fmt::format("11111111-0000-4000-8000-{:012}", all_workflows.size() + 1));
    workflow.type = std::move(type);
    workflow.asset = asset.id;
    workflow.asset_name = asset.name;
    all_workflows.push_back(workflow);
    return all_workflows.back();
  }

  Result<workflows::AssetView> asset(const workflows::AssetRef& ref) const override {
    for (const auto& each : all_assets) {
      if (each.name == ref || each.id.to_string() == ref) return each;
    }
    return core::fail(core::ErrorKind::not_found, "asset.not_found", "no asset is named " + ref);
  }
  std::vector<workflows::AssetView> assets() const override { return all_assets; }
  workflows::StatusView status() const override { return shown_status; }
  std::vector<workflows::WorkflowView> recent_workflows() const override { return all_workflows; }

  Result<workflows::Submitted> submit(const std::string& ref, std::string line) {
    asked.push_back(std::move(line));
    if (on_order) on_order();
    if (refusal) return std::unexpected(*refusal);
    if (ref == refused_asset) {
      return core::fail(core::ErrorKind::conflict, "asset.not_available", "it is not available");
    }
    const auto found = asset(ref);
    if (!found) return std::unexpected(found.error());
    const auto id = all_workflows.empty() ? core::WorkflowId{} : all_workflows.back().id;
    return workflows::Submitted{id, found->id, false, 0};
  }

  Task<Result<workflows::Enrolled>> enrol_bmc(workflows::BmcEnrolment enrolment) override {
    asked.push_back(fmt::format("enrol {}:{} {} {} {} {}{}", enrolment.address.to_string(), enrolment.port,
                                enrolment.driver.empty() ? "-" : enrolment.driver, enrolment.username,
                                enrolment.password.reveal(), enrolment.name,
                                enrolment.auto_discover ? " discover" : ""));
    if (refusal) co_return std::unexpected(*refusal);
    workflows::Enrolled out;
    if (!all_assets.empty()) {
      out.asset = all_assets.front().id;
      out.name = all_assets.front().name;
    }
    out.identity.board_serial = "BS-1";
    co_return out;
  }
  Task<Result<workflows::AssetView>> accept(workflows::AssetRef ref) override {
    asked.push_back("accept " + ref);
    co_return asset(ref);
  }
  Task<Result<core::UtcTime>> open_discovery_window(core::Duration duration) override {
    asked.push_back("window " + core::format_duration(duration));
    co_return *core::parse_utc("2026-11-20T18:30:00Z");
  }
  Task<Result<workflows::Submitted>> discover(workflows::DiscoverOrder order) override {
    co_return submit(order.asset, "discover " + order.asset);
  }
  Task<Result<workflows::Submitted>> provision(workflows::ProvisionOrder order) override {
    co_return submit(order.asset,
                     fmt::format("provision {} {} {} {}", order.asset, order.machine_config.reveal(),
                                 order.disk, order.kernel_arguments.size()) +
                         (order.nics.empty() ? "" : fmt::format(" {}", fmt::join(order.nics, " "))));
  }
  Task<Result<workflows::Submitted>> wipe(workflows::WipeRequest request) override {
    std::string named;
    for (const auto& disk : request.disks) named += " " + disk;
    co_return submit(request.asset,
                     fmt::format("wipe {}{}{}{}", request.asset, named,
                                 request.minimum ? " minimum " + std::string(name(*request.minimum)) : "",
                                 request.only_while_idle ? " only while idle" : ""));
  }
  Task<Result<workflows::Submitted>> power(workflows::PowerOrder order) override {
    co_return submit(order.asset, fmt::format("power {} {}", order.asset, static_cast<int>(order.action)));
  }
  Task<Result<workflows::Submitted>> reboot(workflows::RebootOrder order) override {
    co_return submit(order.asset, fmt::format("reboot {} {}", order.asset, order.device.has_value()));
  }
  Task<Result<workflows::Submitted>> rotate_bmc_password(workflows::RotateOrder order) override {
    co_return submit(order.asset, "rotate " + order.asset);
  }
  Task<Result<workflows::BmcLogin>> show_bmc_login(workflows::AssetRef ref, std::string to_whom) override {
    asked.push_back("show password " + ref + " to " + to_whom);
    if (refusal) co_return std::unexpected(*refusal);
    const auto found = asset(ref);
    if (!found) co_return std::unexpected(found.error());
    co_return workflows::BmcLogin{found->id,
                                  found->name,
                                  *core::Ipv4Address::parse("10.77.1.10"),
                                  623,
                                  "ADMIN",
                                  core::Secret("of-now"),
                                  next_password.clone()};
  }
  Task<Result<>> cancel(core::WorkflowId id) override {
    asked.push_back("cancel " + id.to_string());
    co_return Result<>{};
  }
  Task<Result<>> set_alias(core::AssetId, std::string) override { co_return Result<>{}; }

  Result<workflows::ProvisionPlan> plan_provision(const workflows::ProvisionOrder& order) const override {
    const auto found = asset(order.asset);
    if (!found) return std::unexpected(found.error());
    workflows::ProvisionPlan plan{found->id, found->name, std::nullopt, {}, {}};
    if (!order.nics.empty()) plan.nics = nics;
    if (!order.disk.empty() && !disks.empty()) {
      plan.disk = disks.front();
      plan.disk_name = drivers::scout::name_in_orders(disks.front(), disks);
    }
    return plan;
  }
  Result<workflows::WipePlan> plan_wipe(const workflows::WipeRequest& request) const override {
    const auto found = asset(request.asset);
    if (!found) return std::unexpected(found.error());
    if (plan_refusal) return std::unexpected(*plan_refusal);
    workflows::WipePlan plan;
    plan.asset = found->id;
    plan.asset_name = found->name;
    plan.disks = disks;
    for (const auto& disk : disks) plan.names.push_back(drivers::scout::name_in_orders(disk, disks));
    plan.methods = {drivers::scout::WipeMethod::discard};
    return plan;
  }
  Task<Result<core::PowerState>> power_state(workflows::AssetRef) override { co_return core::PowerState::on; }
  Task<Result<std::vector<workflows::WorkflowView>>> workflows(std::optional<core::AssetId> of,
                                                               unsigned limit) override {
    std::vector<workflows::WorkflowView> out;
    for (const auto& each : all_workflows) {
      if ((!of || each.asset == *of) && out.size() < limit) out.push_back(each);
    }
    co_return out;
  }
  Task<Result<workflows::WorkflowView>> workflow(core::WorkflowId id) override {
    for (const auto& each : all_workflows) {
      if (each.id == id) co_return each;
    }
    co_return core::fail(core::ErrorKind::not_found, "workflow.not_found", "no such workflow");
  }
  Task<Result<std::vector<workflows::TimelineEntry>>> timeline(core::AssetId, unsigned) override {
    co_return all_timeline;
  }
  Result<workflows::Why> why(const workflows::AssetRef& ref) const override {
    const auto found = asset(ref);
    if (!found) return std::unexpected(found.error());
    workflows::Why why;
    why.asset = *found;
    why.boot = {{"seen on", core::UtcTime{}},
                {"DHCP (iPXE)", core::UtcTime{std::chrono::milliseconds(61'300)}}};
    why.waits_for = "the machine to ask for a boot program";
    why.usual = std::chrono::seconds(90);
    why.evidence = all_timeline;
    why.advice = {"look at its console"};
    return why;
  }
  Task<Result<std::vector<workflows::WipeRecordRow>>> wipe_records(std::optional<core::AssetId>,
                                                                   unsigned) override {
    co_return all_wipe_records;
  }
  Task<Result<std::vector<workflows::StoredEvent>>> events(core::EventSeq after, unsigned limit) override {
    std::vector<workflows::StoredEvent> out;
    for (const auto& event : all_events) {
      if (event.seq > after && out.size() < limit) out.push_back(event);
    }
    co_return out;
  }
  Task<bool> wait_for_event(core::EventSeq, core::BootTime) override {
    if (later.empty()) co_return false;
    all_events.push_back(later.front());
    later.erase(later.begin());
    co_return true;
  }
};

}  // namespace colony::test
