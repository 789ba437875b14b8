#pragma once
// The side of docs/wire/scout.md that colonyd speaks, without HTTP: path, bearer token, peer and body in,
// status and body out. What cannot be seen again (inventory, redemption, result) is durable before it is
// answered.

#include <map>
#include <optional>
#include <string>

#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "workflows/assets/registry.hpp"
#include "workflows/boot/tokens.hpp"
#include "workflows/engine/timelines.hpp"
#include "workflows/site.hpp"

namespace colony::workflows {

struct ScoutReply {
  unsigned status = 200;
  std::string body = "{}";
};

/// A scout that talks to us in this run of the program.
struct Visitor {
  BootClaims claims;
  core::Ipv4Address peer;
  std::optional<core::AssetId> asset;  // known after its inventory, or from its MAC
  core::BootTime first_heard, last_heard;
};

class ScoutService {
 public:
  static constexpr std::size_t max_visitors = 4096;

  struct Parts {
    Ledger& ledger;
    Registry& registry;
    Timelines& timelines;
    const Tokens& tokens;
    const Site& site;
    core::Timers& timers;
    core::Random& random;
    const core::Log& log;
  };
  explicit ScoutService(Parts parts) : parts_(parts) {}

  void set_ready(bool ready) { ready_ = ready; }

  /// `path` as on the wire, "/scout/v1/hello". Arguments by value: the call outlives its caller's buffers.
  [[nodiscard]] core::Task<ScoutReply> handle(std::string path, std::string bearer, core::Ipv4Address peer,
                                              std::string body);

  [[nodiscard]] const std::map<core::MacAddress, Visitor>& visitors() const { return visitors_; }

  /// While one lives, orders are not held open, so that silence is noticed soon.
  class Brisk {
   public:
    explicit Brisk(ScoutService& service) : service_(service) { ++service_.brisk_; }
    Brisk(const Brisk&) = delete;
    Brisk& operator=(const Brisk&) = delete;
    ~Brisk() { --service_.brisk_; }

   private:
    ScoutService& service_;
  };

 private:
  [[nodiscard]] core::Result<BootClaims> authorize(const std::string& bearer, core::Ipv4Address peer);
  [[nodiscard]] core::Task<ScoutReply> hello(BootClaims claims, core::Ipv4Address peer, core::Json body);
  [[nodiscard]] core::Task<ScoutReply> inventory(BootClaims claims, core::Ipv4Address peer, core::Json body);
  [[nodiscard]] core::Task<ScoutReply> order(BootClaims claims);
  [[nodiscard]] core::Task<ScoutReply> redeem(BootClaims claims, core::Json body);
  [[nodiscard]] core::Task<ScoutReply> result(BootClaims claims, core::Json body);
  [[nodiscard]] ScoutReply progress(const BootClaims& claims, const core::Json& body);
  [[nodiscard]] std::optional<drivers::scout::Order> order_now(const BootClaims& claims) const;
  /// Whether this is the boot that the workflow's newest, open order to boot asked for.
  [[nodiscard]] bool is_boot_in_hand(const BootClaims& claims, const core::WorkflowId& workflow) const;
  [[nodiscard]] std::optional<drivers::scout::Order> order_at_work(const BootClaims& claims,
                                                                   const WorkflowRow& work) const;
  [[nodiscard]] std::optional<core::AssetId> asset_of(const BootClaims& claims) const;
  [[nodiscard]] bool awaited_by_discovery(const core::AssetId& asset) const;
  [[nodiscard]] TimelineRow seen(const core::AssetId& asset, const BootClaims& claims, core::Fact fact) const;
  [[nodiscard]] core::Task<ScoutReply> store(Batch batch);

  Parts parts_;
  std::map<core::MacAddress, Visitor> visitors_;
  unsigned brisk_ = 0;
  bool ready_ = false;
};

}  // namespace colony::workflows
