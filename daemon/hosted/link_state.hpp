#pragma once
// The inside of HostedLink: what its lanes, its calls and its operations share. Internal to daemon/hosted.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/wakeup.hpp"
#include "daemon/hosted/hosted_link.hpp"
#include "daemon/hosted/messages.hpp"
#include "daemon/hosted/outcome.hpp"
#include "daemon/hosted/pace.hpp"

namespace colony::daemon::hosted {

// Settings of the store.
inline constexpr const char* agent_key = "hosted.agent_id";
inline constexpr const char* operations_key = "hosted.operations_seq";
inline constexpr const char* assets_key = "hosted.assets_revision";
inline constexpr const char* spent_key = "hosted.spent_calls";
inline constexpr const char* history_key = "hosted.history";
inline constexpr const char* orders_epoch_key = "hosted.operations_epoch";

/// What a poll brought.
struct Polled {
  unsigned operations = 0;
  bool nothing_usable = false;  // what there is cannot be read or taken, and is there with the next poll too
};

/// What keep() did with a list.
struct Kept {
  std::uint64_t up_to = 0;  // everything up to this number was looked at
  bool all = true;          // and nothing is behind it
};

struct HostedLink::State {
  LinkPorts ports;
  LinkSettings settings;
  LinkPlan plan;
  core::TaskGroup tasks;
  core::Wakeup push_wake, poll_wake, submit_wake;
  LinkStatus status;
  std::map<std::string, core::Error, std::less<>> problems;  // calls that fail, by name
  std::string agent;
  std::string history;
  core::EventSeq sent;   // the outbox is sent from here on; behind `acknowledged` only when asked for again
  core::EventSeq shown;  // workflows whose end has a number up to here were in a post or in a snapshot
  std::uint64_t operations_seq = 0;
  /// The database began a new epoch since orders were last taken: what the hosted side lists first may have
  /// been done in the time that is missing here.
  bool orders_may_be_old = false;
  std::optional<std::uint64_t> orders_old_up_to;
  std::uint64_t assets_revision = 0;
  core::BootTime next_key_check{};
  core::BootTime next_refused_key{};  // when the file's key, which was refused, is tried again
  unsigned calls_begun = 0;
  unsigned calls_unsaved = 0;
  core::BootTime next_save{};
  std::set<std::string> told_waiting;  // operations whose waiting was logged, by id
  Pace new_orders;
  unsigned told_unusable = 0;  // entries of the last list that were logged

  State(LinkPorts p, LinkSettings s)
      : ports(std::move(p)),
        settings(std::move(s)),
        plan(settings.limits, ports.random),
        tasks(ports.timers),
        push_wake(ports.timers),
        poll_wake(ports.timers),
        submit_wake(ports.timers),
        new_orders({.burst = settings.operations.new_ones,
                    .refill = settings.operations.refill,
                    .gap = core::Duration::zero()}) {}

  [[nodiscard]] core::BootTime now() const { return ports.timers.now(); }
  [[nodiscard]] std::string agent_path(std::string_view rest) const;

  core::Task<> run();
  core::Task<> push_lane();
  core::Task<> poll_lane();
  core::Task<> submit_lane();
  core::Task<> forward_changes();
  core::Task<> bound_outbox();

  core::Task<core::Result<>> recall();
  core::Task<core::Result<>> begin_with(std::string agent_id);
  core::Task<> begin_call();
  core::Task<Judged> exchange(std::string_view call, Part part, core::http::ClientRequest request,
                              core::Duration time, core::Result<core::http::ClientResponse>& out);
  core::Task<Outcome> carry_out(PushNow step);
  core::Task<Outcome> register_agent();
  core::Task<Outcome> send_heartbeat();
  core::Task<Outcome> send_events(unsigned most);
  core::Task<Outcome> take_acknowledgement(core::EventSeq acknowledged, const OutboxPlace& place,
                                           core::EventSeq last);
  core::Task<Outcome> send_assets(unsigned most);
  core::Task<Outcome> ask_for_workflows();
  core::Task<Outcome> ask_for_operations(Polled& polled);
  core::Task<Outcome> take_list(OperationList list, Polled& polled);
  core::Task<core::Result<Kept>> keep(std::vector<Operation> operations, std::optional<std::uint64_t> cursor);
  void note_held_back(bool held_back);
  core::Task<core::Result<>> refuse_what_waited();
  core::Task<core::Result<>> trust_orders_again();
  core::Task<bool> submit_received();
  core::Task<bool> submit(store::OperationRow row, store::ReceivedLoad& waiting);
  core::Task<> tell_waiting(store::OperationRow row, core::Error why);

  void note(std::string_view call, const Judged& judged);
  [[nodiscard]] Outcome unreadable(std::string_view call, core::Error why);
  void check_key();
  [[nodiscard]] bool is_superseded(const KeyIdentity& used, const Judged& judged);
};

}  // namespace colony::daemon::hosted
