#pragma once
// Orders over the engine: checks what is asked, stages it, answers when it is durable.

#include "workflows/assets/registry.hpp"
#include "workflows/boot/discovery_window.hpp"
#include "workflows/boot/handover_book.hpp"
#include "workflows/engine/engine.hpp"
#include "workflows/orders.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::workflows {

class OrderDesk final : public Orders {
 public:
  struct Parts {
    Ledger& ledger;
    Registry& registry;
    Timelines& timelines;
    const HandoverBook& handovers;
    DiscoveryWindow& window;
    Engine& engine;
    const Tokens& tokens;
    const Site& site;
    BmcDirectory& bmcs;
    core::Timers& timers;
    core::Random& random;
    const core::Log& log;
  };
  explicit OrderDesk(Parts parts) : parts_(parts) {}
  void set_ready(bool ready) { ready_ = ready; }

  core::Task<core::Result<Enrolled>> enrol_bmc(BmcEnrolment enrolment) override;
  core::Task<core::Result<AssetView>> accept(AssetRef asset) override;
  core::Task<core::Result<core::UtcTime>> open_discovery_window(core::Duration duration) override;
  core::Task<core::Result<Submitted>> discover(DiscoverOrder order) override;
  core::Task<core::Result<Submitted>> provision(ProvisionOrder order) override;
  core::Task<core::Result<Submitted>> wipe(WipeRequest request) override;
  core::Task<core::Result<Submitted>> power(PowerOrder order) override;
  core::Task<core::Result<Submitted>> reboot(RebootOrder order) override;
  core::Task<core::Result<Submitted>> rotate_bmc_password(RotateOrder order) override;
  core::Task<core::Result<BmcLogin>> show_bmc_login(AssetRef asset, std::string to_whom) override;
  core::Task<core::Result<>> cancel(core::WorkflowId workflow) override;
  core::Task<core::Result<>> set_alias(core::AssetId asset, std::string alias) override;

  core::Result<WipePlan> plan_wipe(const WipeRequest& request) const override;
  core::Result<ProvisionPlan> plan_provision(const ProvisionOrder& order) const override;
  std::vector<AssetView> assets() const override;
  core::Result<AssetView> asset(const AssetRef& asset) const override;
  core::Task<core::Result<core::PowerState>> power_state(AssetRef asset) override;
  core::Task<core::Result<std::vector<WorkflowView>>> workflows(std::optional<core::AssetId> asset,
                                                                unsigned limit) override;
  core::Task<core::Result<WorkflowView>> workflow(core::WorkflowId id) override;
  std::vector<WorkflowView> recent_workflows() const override;
  core::Task<core::Result<std::vector<TimelineEntry>>> timeline(core::AssetId asset, unsigned limit) override;
  core::Result<Why> why(const AssetRef& asset) const override;
  core::Task<core::Result<std::vector<WipeRecordRow>>> wipe_records(std::optional<core::AssetId> asset,
                                                                    unsigned limit) override;
  core::Task<core::Result<std::vector<StoredEvent>>> events(core::EventSeq after, unsigned limit) override;
  core::Task<bool> wait_for_event(core::EventSeq after, core::BootTime deadline) override;
  StatusView status() const override;

 private:
  struct Submission {
    core::AssetId asset;
    std::string type;
    std::string order_json;
    std::string operation_id;
    Batch together;
    core::Secret secret;  // kept sealed under the workflow's id
  };
  [[nodiscard]] core::Result<> check_ready() const;
  [[nodiscard]] core::Task<core::Result<Submitted>> submit(Submission submission);
  /// The answer to an operation that was taken before.
  [[nodiscard]] core::Task<std::optional<core::Result<Submitted>>> repeated(std::string operation_id);
  /// The asset, fit for an order that needs its BMC.
  [[nodiscard]] core::Result<AssetPtr> orderable(const AssetRef& ref) const;
  [[nodiscard]] core::Result<WipePlan> plan_wipe(const AssetRow& asset, const WipeRequest& request,
                                                 bool* covers_all) const;
  [[nodiscard]] core::Result<Why> why_by_itself(const AssetRef& asset) const;
  /// Refuses what would write to a machine or a disk of which two assets claim to be the owner.
  [[nodiscard]] core::Result<> check_clashes(const AssetRow& asset,
                                             const std::vector<drivers::scout::Disk>& disks) const;
  [[nodiscard]] unsigned wipes_left() const;
  [[nodiscard]] SettingRow spend_wipe() const;

  /// Looks at how it lets people in. Best effort: an enrolment does not depend on it.
  [[nodiscard]] core::Task<std::optional<drivers::BmcAudit>> audit(drivers::Bmc& bmc,
                                                                   core::Ipv4Address address);
  void read_papers(const BmcRecord& record, const core::AssetId& asset, AssetView::Bmc& out) const;
  [[nodiscard]] std::vector<std::string> bmc_findings() const;
  [[nodiscard]] AssetView view(const AssetRow& row) const;
  [[nodiscard]] WorkflowView view(const WorkflowRow& row) const;

  Parts parts_;
  bool ready_ = false;
};

}  // namespace colony::workflows
