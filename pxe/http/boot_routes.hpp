#pragma once
// What booting machines fetch over HTTP (docs/wire/boot-http.md): the script, artifacts by digest, boot
// programs, the machine config, the site's files. Policy is asked, evidence is emitted; nothing is decided
// here.

#include <functional>
#include <optional>
#include <string>

#include "core/async/timers.hpp"
#include "core/evidence/evidence.hpp"
#include "core/http/router.hpp"
#include "core/log.hpp"
#include "core/rate_limit.hpp"
#include "pxe/artifacts/artifact_cache.hpp"
#include "pxe/artifacts/boot_programs.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/client_addresses.hpp"
#include "pxe/http/config_delivery.hpp"
#include "pxe/http/site_files.hpp"

namespace colony::pxe {

/// An iPXE script for a decision that is not Silence. Errors are ours: a value that must not stand in a
/// script.
using ScriptRenderer =
    std::function<core::Result<std::string>(const BootDecision& decision, const BootRequest& request)>;

/// What the routes use; all of it outlives them.
struct BootServices {
  core::Timers& timers;
  core::Log& log;
  BootPolicy& policy;
  const ClientAddresses& addresses;
  core::EvidenceSink& evidence;
  ArtifactCache& artifacts;
  const BootPrograms& programs;
  ConfigDelivery& configs;
  ScriptRenderer render;
  const SiteFiles* files = nullptr;  // null: nothing under /files/
};

class BootRoutes {
 public:
  explicit BootRoutes(BootServices services);
  BootRoutes(const BootRoutes&) = delete;
  BootRoutes& operator=(const BootRoutes&) = delete;
  ~BootRoutes() = default;

  /// Adds the routes and the gate that answers 503 with Retry-After until ready. The router must not outlive
  /// this object. Scout's routes are added to the same router by composition.
  void add_to(core::http::Router& router);

  /// Store open, every workflow re-entered.
  void set_ready(bool ready) { ready_ = ready; }

 private:
  using Request = core::http::HttpRequest;
  using Response = core::http::HttpResponse;

  static core::Task<Response> script(BootRoutes& self, Request request);
  static core::Task<Response> artifact(BootRoutes& self, Request request);
  static core::Task<Response> program(BootRoutes& self, Request request);
  static core::Task<Response> config(BootRoutes& self, Request request);
  static core::Task<Response> site_file(BootRoutes& self, Request request);

  /// Emits when the machine behind the address is known: strangers leave no evidence.
  void emit(std::optional<core::Ipv4Address> address, std::optional<core::MacAddress> mac, core::Fact fact);
  void emit(std::optional<core::Ipv4Address> address, std::optional<core::MacAddress> mac, core::Fact fact,
            core::UtcTime at);
  [[nodiscard]] std::optional<core::MacAddress> machine_at(std::optional<core::Ipv4Address> address) const;
  /// Cut deliveries come as often as a machine likes; the timeline takes one in a while.
  [[nodiscard]] bool worth_telling(const core::http::Delivery& delivery,
                                   std::optional<core::Ipv4Address> address);

  BootServices services_;
  core::RateLimit<core::Ipv4Address> cut_deliveries_;
  core::RateLimit<core::Ipv4Address> mismatches_;  // log lines
  core::RateLimit<core::MacAddress> handed_out_;   // log lines
  bool ready_ = false;
};

}  // namespace colony::pxe
