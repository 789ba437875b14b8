#pragma once
// The hosted Colony API as a pure model: a request in, an answer out. The documented endpoints, keys, limits
// and error bodies, and our agent part (docs/wire/hosted.md). Its whole state is one JSON value, which the
// shell keeps in a file, so that a test's verdict is computed from what arrived here, not from what the
// appliance says of itself. State, by agent: raw event posts and distinct events are counted apart.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/http/message.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "hw-sim/hosted/hosted_reply.hpp"
#include "hw-sim/hosted/hosted_rules.hpp"

namespace colony::hw_sim {

struct HostedOptions {
  std::string key;  // the one that is valid; empty: every key is
  unsigned per_minute = 100;
  unsigned per_hour = 1000;
  bool agent_part = true;  // false: a hosted side that has only what is documented
  /// Key to datacenter: a hub for several appliances. A key sees its own datacenter only, and no other is
  /// valid.
  std::map<std::string, std::string> datacenters = {};
  bool steering = true;  // whether the calls under /sim are there; they ask for no key
};

/// Nothing to say yet: ask `answer_held` when something changed, at the latest after this time.
struct HostedHold {
  core::Duration longest;
};
using HostedAnswer = std::variant<HostedReply, HostedHold>;

class HostedModel {
 public:
  /// `state` is what an earlier run left, or null.
  HostedModel(HostedOptions options, core::Random& random, core::Json state);
  HostedModel(const HostedModel&) = delete;
  HostedModel& operator=(const HostedModel&) = delete;
  ~HostedModel();

  [[nodiscard]] HostedAnswer handle(const core::http::HttpRequest& request, core::BootTime now,
                                    core::UtcTime utc);
  [[nodiscard]] HostedReply answer_held(const core::http::HttpRequest& request);

  /// Puts an order in, as the endpoints do; its id.
  /// `datacenter` empty: where the target is, or the only one.
  std::string order(const std::string& type, const std::string& target, core::Json body,
                    std::string datacenter = {});
  /// Its whole state becomes what it was: a backup is put back.
  void restore(core::Json state);
  void set_key(std::string key);  // the others are revoked at once
  void add_key(std::string key);  // the others stay good; without effect where every key is
  [[nodiscard]] HostedFaults& faults() { return faults_; }
  [[nodiscard]] const core::Json& state() const;
  /// Grows with every change of the state.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  struct Call;
  struct Route;
  static const Route* find_route(const core::http::HttpRequest& request, Call& call);
  [[nodiscard]] std::optional<std::string> datacenter_of(const core::http::HttpRequest& request) const;
  [[nodiscard]] std::string datacenter_with(const std::string& asset) const;
  [[nodiscard]] std::vector<core::Json*> agents_for(const Call& call);
  [[nodiscard]] std::vector<core::Json> clusters_for(const Call& call);
  void note_operation(const core::Json& event);
  [[nodiscard]] std::optional<HostedReply> refuse(const core::http::HttpRequest& request, core::BootTime now);
  HostedReply agents_create(const Call& call);
  HostedReply agents_heartbeat(const Call& call);
  HostedReply agents_operations(const Call& call);
  HostedReply agents_events(const Call& call);
  HostedReply agents_assets(const Call& call);
  HostedReply agents_clean(const Call& call);
  HostedReply assets_list(const Call& call);
  HostedReply assets_get(const Call& call);
  HostedReply assets_order(const Call& call);
  HostedReply clusters_list(const Call& call);
  HostedReply clusters_create(const Call& call);
  HostedReply clusters_get(const Call& call);
  HostedReply clusters_delete(const Call& call);
  HostedReply clusters_kubeconfig(const Call& call);
  HostedReply workflows_list(const Call& call);
  HostedReply workflows_get(const Call& call);
  HostedReply simulate_order(const Call& call);
  HostedReply simulate_fault(const Call& call);
  HostedReply simulate_key(const Call& call);
  HostedReply simulate_state(const Call& call);
  void count(std::string_view call, core::http::Status status);

  HostedOptions options_;
  std::vector<std::string> more_keys_;  // good beside options_.key
  core::Random& random_;
  HostedLimits limits_;
  HostedFaults faults_;
  std::unique_ptr<core::Json> state_;
  std::uint64_t version_ = 0;
};

}  // namespace colony::hw_sim
