#include "daemon/api/metrics.hpp"

#include <fmt/format.h>

namespace colony::daemon::api {

namespace {

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out += fmt::format("# HELP colony_{0} {1}\n# TYPE colony_{0} {2}\n", name, help, type);
}

void labelled(std::string& out, std::string_view name, std::string_view label, std::string_view value,
              std::uint64_t count) {
  out += fmt::format("colony_{}{{{}=\"{}\"}} {}\n", name, label, value, count);
}

}  // namespace

std::string render_metrics(const workflows::StatusView& status, const std::vector<Metric>& more) {
  std::string out;
  head(out, "ready", "1 when the store is open and every workflow is re-entered", "gauge");
  out += fmt::format("colony_ready {}\n", status.ready ? 1 : 0);
  head(out, "store_full", "1 while the store has no room: orders are refused, work in hand waits", "gauge");
  out += fmt::format("colony_store_full {}\n", status.store_full ? 1 : 0);
  head(out, "assets", "Assets by status", "gauge");
  const auto& assets = status.assets;
  labelled(out, "assets", "status", "discovering", assets.discovering);
  labelled(out, "assets", "status", "available", assets.available);
  labelled(out, "assets", "status", "provisioning", assets.provisioning);
  labelled(out, "assets", "status", "provisioned", assets.provisioned);
  labelled(out, "assets", "status", "deprovisioning", assets.deprovisioning);
  head(out, "assets_condition", "Assets that need a person, by condition", "gauge");
  labelled(out, "assets_condition", "condition", "quarantined", assets.quarantined);
  labelled(out, "assets_condition", "condition", "indeterminate", assets.indeterminate);
  labelled(out, "assets_condition", "condition", "unreachable", assets.unreachable);
  head(out, "workflows", "Unfinished workflows by status", "gauge");
  labelled(out, "workflows", "status", "pending", status.workflows.pending);
  labelled(out, "workflows", "status", "running", status.workflows.running);
  labelled(out, "workflows", "status", "held", status.workflows.held);
  head(out, "last_event", "Sequence number of the newest event", "counter");
  out += fmt::format("colony_last_event {}\n", status.last_event.value);
  for (const auto& metric : more) {
    head(out, metric.name, metric.help, metric.kind == Metric::Kind::counter ? "counter" : "gauge");
    out += fmt::format("colony_{} {}\n", metric.name, metric.value);
  }
  return out;
}

std::vector<Metric> tls_metrics(const core::http::ServerCounters& counters) {
  using Kind = Metric::Kind;
  const auto metric = [](std::string_view name, std::string_view help, Kind kind, std::uint64_t value) {
    return Metric{fmt::format("api_tls_{}", name), std::string(help), kind, static_cast<double>(value)};
  };
  return {
      metric("connections", "Open connections of the API over TLS", Kind::gauge, counters.open),
      metric("connections_refused_total",
             "Connections closed as so many are open already, of an address or in all", Kind::counter,
             counters.refused),
      metric("connections_shown_out_total",
             "Connections that gave way in a full house, without a request in hand", Kind::counter,
             counters.shown_out),
      metric("handshakes_total", "TLS handshakes begun", Kind::counter, counters.handshakes),
      metric("handshakes_failed_total", "TLS handshakes that failed or took too long", Kind::counter,
             counters.handshakes_failed),
      metric("handshakes_refused_total",
             "Connections closed before their TLS handshake: too often, or too many", Kind::counter,
             counters.handshakes_refused),
  };
}

}  // namespace colony::daemon::api
