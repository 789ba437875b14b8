#include "pxe/http/boot_routes.hpp"

#include <fmt/format.h>

namespace colony::pxe {

namespace http = core::http;
using core::Task;
using http::error_response;
using http::Status;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view source = "pxe.http";

http::HttpResponse with_header(http::HttpResponse response, std::string_view key, std::string_view value) {
  (void)response.headers.add(key, value);
  return response;
}

http::HttpResponse refuse(const core::Error& error) {
  http::HttpResponse response = error_response(error);
  // Another machine asked with this token: it exists, but not for you.
  if (error.kind == core::ErrorKind::conflict) response.status = Status::forbidden;
  if (response.status == Status::unavailable) return with_header(std::move(response), "Retry-After", "5");
  return response;
}

/// A body that is wiped when the last response that uses it is gone.
std::shared_ptr<const std::string> wiped_when_sent(const core::Secret& secret) {
  auto* text = new std::string(secret.reveal());
  return {text, [text](const std::string*) {
            core::wipe_text(*text);
            delete text;
          }};
}

/// The name of a script, for the timeline; nothing for Silence.
std::optional<std::string> script_name(const BootDecision& decision) {
  if (const auto* boot = std::get_if<KernelBoot>(&decision)) return boot->script;
  if (std::holds_alternative<LocalDisk>(decision)) return "local-disk";
  if (std::holds_alternative<Hold>(decision)) return "hold";
  return std::nullopt;
}

core::Result<BootRequest> boot_request(const http::HttpRequest& request) {
  BootRequest boot;
  boot.stage = core::BootStage::ipxe;
  boot.address = request.peer_address();
  const auto mac = core::MacAddress::parse(request.query_value("mac").value_or(""));
  if (!mac || mac->is_zero() || mac->is_group()) {
    return core::fail(core::ErrorKind::invalid_input, "boot.mac",
                      "mac must be the address of the booting NIC, e.g. ?mac=52:54:00:12:34:56");
  }
  boot.mac = *mac;
  const std::string_view uuid = request.query_value("uuid").value_or("");
  if (!uuid.empty()) {
    boot.uuid = core::Uuid::parse(uuid);
    if (!boot.uuid) return core::fail(core::ErrorKind::invalid_input, "boot.uuid", "uuid is no UUID");
  }
  boot.arch =
      core::parse_client_arch(request.query_value("arch").value_or("")).value_or(core::ClientArch::unknown);
  return boot;
}

}  // namespace

BootRoutes::BootRoutes(BootServices services)
    : services_(std::move(services)),
      cut_deliveries_(10s, 1024),
      mismatches_(60s, 512),
      handed_out_(1s, 1024) {}

void BootRoutes::add_to(http::Router& router) {
  router.add_gate([this](const Request&) -> std::optional<Response> {
    if (ready_) return std::nullopt;
    return with_header(error_response(Status::unavailable, "not_ready", "Starting; ask again"), "Retry-After",
                       "2");
  });
  const auto get = [&](std::string_view pattern, Task<Response> (*handler)(BootRoutes&, Request)) {
    router.add(http::Method::get, pattern,
               [this, handler](Request request) { return handler(*this, std::move(request)); });
  };
  get("/boot.ipxe", script);
  get("/artifacts/sha256/{digest}", artifact);
  get("/nbp/{name}", program);
  get("/config/{token}", config);
  if (services_.files != nullptr) get("/files/{path...}", site_file);
}

Task<http::HttpResponse> BootRoutes::script(BootRoutes& self, Request request) {
  auto boot = boot_request(request);
  if (!boot) co_return error_response(boot.error());
  // The script carries a per-boot token, and its delivery is evidence: only the machine itself gets it.
  const auto address = boot->address;
  const auto holder = address ? self.services_.addresses.holder(*address) : std::nullopt;
  if (holder != boot->mac) {
    if (self.mismatches_.allow(address.value_or(core::Ipv4Address{}), self.services_.timers.now())) {
      self.services_.log.warn("pxe.http.mac_mismatch", "Somebody asked for another machine's boot script",
                              {{"asked_for", boot->mac},
                               {"is", holder ? holder->to_string() : "unknown"},
                               {"address", address.value_or(core::Ipv4Address{})}});
    }
    co_return error_response(Status::forbidden, "boot.mac_mismatch", "This is not your MAC address");
  }
  const BootDecision decision =
      self.services_.policy.serves(*boot) ? self.services_.policy.decide(*boot) : BootDecision(Silence{});
  const auto name = script_name(decision);
  if (!name)
    co_return error_response(Status::not_found, "boot.unknown_machine", "Nothing to boot for this machine");
  auto text = self.services_.render(decision, *boot);
  // Firmware that takes only "not found" for "go on to your disk": the answer that was wanted, not a failure.
  const bool sent_on =
      !text && text.error().kind == core::ErrorKind::not_found && std::holds_alternative<LocalDisk>(decision);
  if (!text && !sent_on) {
    self.services_.log.error("pxe.http.script_failed", "A boot script could not be written",
                             {{"mac", boot->mac}, {"script", *name}, {"error", text.error().message}});
    co_return error_response(text.error());
  }
  if (self.handed_out_.allow(boot->mac, self.services_.timers.now())) {
    self.services_.log.info("pxe.http.script", "Boot script handed out",
                            {{"mac", boot->mac}, {"script", *name}});
  }
  Response response = with_header(
      sent_on ? error_response(Status::not_found, "boot.local_disk", "This machine boots from its own disk")
              : http::text_response(Status::ok, "text/plain", std::move(*text)),
      "Cache-Control", "no-store");
  // iPXE's sanboot jumps to the disk before its TCP has acknowledged the script; after every other script it
  // lives on and acknowledges. Where every byte went out it counts as served, from when it was asked for: the
  // wait for the acknowledgement is no time of the machine's.
  const auto* const local = std::get_if<LocalDisk>(&decision);
  const bool jumps = local != nullptr && local->handover == LocalHandover::sanboot;
  response.on_delivered = [&self, boot = *boot, script = *name, jumps,
                           asked = self.services_.timers.utc_now()](http::Delivery delivery) -> Task<> {
    const bool gone =
        jumps && !delivery.acknowledged && delivery.first == 0 && delivery.bytes == delivery.size;
    const auto at = gone ? asked : self.services_.timers.utc_now();
    return
        [](BootRoutes& routes, BootRequest who, std::string what, bool served, core::UtcTime when) -> Task<> {
          if (served) routes.emit(who.address, who.mac, core::ScriptServed{what}, when);
          co_return;
        }(self, boot, script, gone || delivery.complete(), at);
  };
  co_return response;
}

Task<http::HttpResponse> BootRoutes::artifact(BootRoutes& self, Request request) {
  const auto digest = core::Sha256Digest::parse(request.param("digest"));
  if (!digest) {
    co_return error_response(Status::bad_request, "artifact.digest", "A digest has 64 hex digits");
  }
  const auto artifact = co_await self.services_.artifacts.get(*digest);
  if (!artifact) {
    if (artifact.error().kind == core::ErrorKind::not_found) {
      co_return error_response(Status::not_found, "artifact.missing", "No artifact has this digest");
    }
    self.services_.log.error("pxe.http.artifact_failed", "An artifact could not be served",
                             {{"digest", *digest}, {"error", artifact.error().message}});
    co_return error_response(artifact.error());
  }
  Response response;
  (void)response.headers.add("Content-Type", "application/octet-stream");
  (void)response.headers.add("ETag", fmt::format("\"{}\"", digest->to_string()));
  (void)response.headers.add("Cache-Control", "public, max-age=31536000, immutable");
  response.body = http::FileBody{artifact->file, artifact->size};
  response.on_delivered = [&self, digest = *digest,
                           address = request.peer_address()](http::Delivery delivery) {
    return [](BootRoutes& routes, core::Sha256Digest what, std::optional<core::Ipv4Address> whom,
              http::Delivery how) -> Task<> {
      if (routes.worth_telling(how, whom)) {
        routes.emit(whom, routes.machine_at(whom),
                    core::ArtifactServed{what.to_string(), how.bytes, how.complete()});
      }
      co_return;
    }(self, digest, address, delivery);
  };
  co_return response;
}

Task<http::HttpResponse> BootRoutes::program(BootRoutes& self, Request request) {
  const auto bytes = self.services_.programs.find(request.param("name"));
  if (!bytes) co_return error_response(Status::not_found, "nbp.unknown", "No boot program has this name");
  Response response;
  // UEFI 2.10 section 24.7.3.3: firmware takes this type for an EFI executable; the suffix .efi alone would
  // do.
  (void)response.headers.add("Content-Type", "application/efi");
  response.body = http::SharedBody{bytes};
  response.on_delivered = [&self, name = std::string(request.param("name")),
                           address = request.peer_address()](http::Delivery delivery) {
    return [](BootRoutes& routes, std::string what, std::optional<core::Ipv4Address> whom,
              http::Delivery how) -> Task<> {
      if (routes.worth_telling(how, whom)) {
        routes.emit(whom, routes.machine_at(whom), core::NbpSent{what, how.bytes, how.complete()});
      }
      co_return;
    }(self, name, address, delivery);
  };
  co_return response;
}

Task<http::HttpResponse> BootRoutes::config(BootRoutes& self, Request request) {
  const auto peer = request.peer_address();
  // A HEAD would use up a delivery without delivering.
  if (!peer || request.method == http::Method::head) {
    co_return with_header(error_response(Status::method_not_allowed, "config.method", "Fetch it with GET"),
                          "Allow", "GET");
  }
  auto grant =
      co_await self.services_.configs.open(std::string(request.param("token")), *peer, self.machine_at(peer));
  if (!grant) co_return refuse(grant.error());
  Response response;
  (void)response.headers.add("Content-Type", "application/yaml");
  (void)response.headers.add("Cache-Control", "no-store");
  response.body = http::SharedBody{wiped_when_sent(grant->body)};
  response.whole_only = true;  // a part would be a delivery that never completes
  response.on_delivered = [&self, id = grant->id](http::Delivery delivery) {
    return self.services_.configs.delivered(id, delivery.complete(), delivery.bytes);
  };
  co_return response;
}

Task<http::HttpResponse> BootRoutes::site_file(BootRoutes& self, Request request) {
  auto file = self.services_.files->find(std::string(request.param("path")));
  if (!file) co_return error_response(file.error());
  Response response;
  (void)response.headers.add("Content-Type", "application/octet-stream");
  (void)response.headers.add("ETag", file->etag);
  response.body = http::FileBody{std::move(file->file), file->size};
  co_return response;
}

void BootRoutes::emit(std::optional<core::Ipv4Address> address, std::optional<core::MacAddress> mac,
                      core::Fact fact) {
  emit(address, mac, std::move(fact), services_.timers.utc_now());
}

void BootRoutes::emit(std::optional<core::Ipv4Address> address, std::optional<core::MacAddress> mac,
                      core::Fact fact, core::UtcTime at) {
  if (!mac) return;
  core::Evidence evidence;
  evidence.mac = mac;
  evidence.address = address;
  evidence.at = at;
  evidence.source = source;
  evidence.fact = std::move(fact);
  services_.evidence.emit(std::move(evidence));
}

std::optional<core::MacAddress> BootRoutes::machine_at(std::optional<core::Ipv4Address> address) const {
  return address ? services_.addresses.find(*address) : std::nullopt;
}

bool BootRoutes::worth_telling(const http::Delivery& delivery, std::optional<core::Ipv4Address> address) {
  if (!address) return false;
  if (delivery.complete()) return true;
  // Nothing was sent to one that asked with HEAD, or has the bytes already: no cut.
  return delivery.bytes > 0 && cut_deliveries_.allow(*address, services_.timers.now());
}

}  // namespace colony::pxe
