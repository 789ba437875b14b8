// What the documented endpoints show and order: assets, clusters, workflows.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hw-sim/hosted/hosted_call.hpp"
#include "hw-sim/hosted/hosted_cluster.hpp"

namespace colony::hw_sim {

using core::Json;
using core::http::Status;

std::vector<Json*> HostedModel::agents_for(const Call& call) {
  std::vector<Json*> found;
  for (auto& agent : (*state_)["agents"]) {
    if (call.sees(agent)) found.push_back(&agent);
  }
  return found;
}

HostedReply HostedModel::assets_list(const Call& call) {
  Json list = Json::array();
  for (const auto* agent : agents_for(call)) {
    for (const auto& asset : (*agent)["assets"]) list.push_back(asset);
  }
  return json_reply(Status::ok, Json{{"assets", std::move(list)}});
}

HostedReply HostedModel::assets_get(const Call& call) {
  for (const auto* agent : agents_for(call)) {
    if (const Json* asset = core::json_member((*agent)["assets"], call.id))
      return json_reply(Status::ok, *asset);
  }
  return missing("Asset", call.id);
}

HostedReply HostedModel::assets_order(const Call& call) {
  auto found = assets_get(call);
  if (found.status != Status::ok) return found;
  const auto status = core::json_text(Json::parse(found.body), "status").value_or("");
  if (call.action == "provision" && status != "available") {
    return error_reply(Status::conflict, "ASSET_NOT_AVAILABLE", "Asset not available",
                       fmt::format("Asset '{}' is {}", call.id, status));
  }
  const auto id = order(call.action, call.id, call.body);
  return json_reply(Status::ok, Json{{"data", Json{{"id", id}}}});
}

std::vector<Json> HostedModel::clusters_for(const Call& call) {
  std::vector<Json> found;
  for (const auto& cluster : (*state_)["clusters"]) {
    if (call.sees(cluster)) found.push_back(cluster);
  }
  return found;
}

HostedReply HostedModel::clusters_list(const Call& call) {
  return json_reply(Status::ok, Json{{"clusters", clusters_for(call)}});
}

HostedReply HostedModel::clusters_create(const Call& call) {
  std::optional<std::string> datacenter = call.datacenter;
  const auto objection = [&](const std::string& id) -> std::string {
    for (const auto* agent : agents_for(call)) {
      const Json* const asset = core::json_member((*agent)["assets"], id);
      if (asset == nullptr) continue;
      const auto where = core::json_text(*agent, "datacenter_id").value_or("");
      if (!datacenter) datacenter = where;
      if (*datacenter != where) return "is in another datacenter";
      const auto status = core::json_text(*asset, "status").value_or("unknown");
      return status == "available" ? "" : "is " + status;
    }
    return "does not exist";
  };
  const auto faults = cluster_faults(call.body, objection);
  if (!faults.empty()) return bad_request(fmt::format("{}", fmt::join(faults, "; ")));
  for (const Json& other : clusters_for(call)) {
    if (other["name"] == call.body["name"]) {
      return error_reply(Status::conflict, "CLUSTER_EXISTS", "Cluster already exists",
                         fmt::format("A cluster named '{}' exists", other["name"].get<std::string>()));
    }
  }
  const std::string id = random_.uuid().to_string();
  Json cluster = call.body;
  cluster["id"] = id;
  cluster["status"] = "provisioning";
  cluster["datacenter_id"] = datacenter.value_or("");
  cluster.erase("credentials");
  (*state_)["clusters"][id] = cluster;
  (void)order("cluster-create", id, call.body, datacenter.value_or(""));
  return json_reply(Status::created, Json{{"data", std::move(cluster)}});
}

HostedReply HostedModel::clusters_get(const Call& call) {
  const Json* const cluster = core::json_member((*state_)["clusters"], call.id);
  if (cluster == nullptr || !call.sees(*cluster)) return missing("Cluster", call.id);
  return json_reply(Status::ok, *cluster);
}

HostedReply HostedModel::clusters_delete(const Call& call) {
  if (const auto found = clusters_get(call); found.status != Status::ok) return found;
  const auto datacenter = core::json_text((*state_)["clusters"][call.id], "datacenter_id").value_or("");
  (*state_)["clusters"].erase(call.id);
  (void)order("cluster-delete", call.id, Json::object(), datacenter);
  return empty_reply();
}

HostedReply HostedModel::clusters_kubeconfig(const Call& call) {
  if (const auto found = clusters_get(call); found.status != Status::ok) return found;
  return error_reply(Status::not_found, "KUBECONFIG_NOT_READY", "Kubeconfig not ready",
                     "The cluster is not built");
}

/// What became of a cluster's order shows on the cluster, and its credentials are kept no longer.
void HostedModel::note_operation(const Json& event) {
  const auto type = core::json_text(event, "type").value_or("");
  if (!type.starts_with("operation.")) return;
  const auto subject = core::json_text(event, "subject", 128).value_or("");
  for (Json& operation : (*state_)["operations"]) {
    if (operation["id"] != subject || operation["type"] != "cluster-create") continue;
    operation["body"].erase("credentials");
    const auto cluster = (*state_)["clusters"].find(operation["target"].get<std::string>());
    if (cluster == (*state_)["clusters"].end() || type != "operation.refused") continue;
    (*cluster)["status"] = "failed";
    const Json* const body = core::json_member(event, "body");
    const Json* const result = body == nullptr ? nullptr : core::json_member(*body, "result");
    if (result != nullptr) (*cluster)["error"] = *result;
  }
}

HostedReply HostedModel::workflows_list(const Call& call) {
  Json list = Json::array();
  for (const auto* agent : agents_for(call)) {
    for (const auto& workflow : (*agent)["workflows"]) list.push_back(workflow);
  }
  return json_reply(Status::ok, Json{{"workflows", std::move(list)}});
}

HostedReply HostedModel::workflows_get(const Call& call) {
  for (const auto* agent : agents_for(call)) {
    if (const Json* workflow = core::json_member((*agent)["workflows"], call.id))
      return json_reply(Status::ok, *workflow);
  }
  return missing("Workflow", call.id);
}

}  // namespace colony::hw_sim
