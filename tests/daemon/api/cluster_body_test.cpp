#include "daemon/api/cluster_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "daemon/api/cluster_order.hpp"
#include "tests/daemon/fake_orders.hpp"

using namespace colony;
using namespace colony::daemon::api;
using core::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

/// The reference's own example: without dns, ntp and diskDevice.
Json reference() {
  return Json::parse(R"({"name":"prod-1","type":"k8s_stack","flavor":"talos","gateway":"10.1.1.1",
    "controlPlanes":[{"assetId":"a","ip":"10.1.1.10","subnet":"24"}],
    "workers":[{"assetId":"b","ip":"10.1.1.11","subnet":"24"}]})");
}

Json civo() {
  auto body = reference();
  body["type"] = "civo_stack";
  body["credentials"] = {
      {"gitlabToken", "glpat-s3cret"}, {"imagePullSecret", "x"}, {"civoApiToken", "y"}, {"region", "lon1"}};
  return body;
}

ClusterFaults faults(const Json& body) {
  const auto cluster = decode_cluster(body.dump());
  return cluster ? ClusterFaults{} : cluster.error();
}

}  // namespace

TEST(ClusterBody, TakesTheReferencesExample) {
  const auto cluster = decode_cluster(reference().dump());
  ASSERT_TRUE(cluster) << join_faults(cluster.error());
  EXPECT_EQ(cluster->name, "prod-1");
  ASSERT_EQ(cluster->nodes.size(), 2U);
  EXPECT_EQ(cluster->nodes[1].asset, "b");
  EXPECT_EQ(cluster->nodes[1].path, "workers[0]");
}

TEST(ClusterBody, TakesEveryDocumentedMember) {
  auto body = civo();
  body["extraSANs"] = "api.example.com, 10.1.1.99";
  body["cseInstallerImage"] = "registry.example.com/cse/installer:v1";
  for (auto* list : {"controlPlanes", "workers"}) {
    body[list][0]["dns"] = "1.1.1.1,8.8.8.8";
    body[list][0]["ntp"] = "time.example.com,10.1.1.1";
    body[list][0]["diskDevice"] = "/dev/nvme0n1";
  }
  EXPECT_THAT(faults(body), ElementsAre());
  body["extraSANs"] = body["controlPlanes"][0]["dns"] = "";  // as a form sends what was left empty
  body["workers"] = Json::array();
  EXPECT_THAT(faults(body), ElementsAre());
}

TEST(ClusterBody, NamesEveryFaultByItsMember) {
  const auto all = faults(Json::parse(
      R"({"name":"Prod","type":"big","flavor":"","colour":1,"controlPlanes":[{"ip":"10.1.1","subnet":24}],"workers":7})"));
  EXPECT_THAT(all,
              ElementsAre(HasSubstr("colour: unknown"), HasSubstr("name: 1 to 63"),
                          "type: one of civo_stack, k8s_stack", "flavor: required", "gateway: required",
                          "controlPlanes[0].assetId: required", HasSubstr("controlPlanes[0].ip: an IPv4"),
                          HasSubstr("controlPlanes[0].subnet: a text"), "workers: a list of nodes"));
}

TEST(ClusterBody, RefusesEachMemberThatDoesNotFit) {
  const auto with = [](std::string_view pointer, const Json& value) {
    auto body = reference();
    body[Json::json_pointer(std::string(pointer))] = value;
    return join_faults(faults(body));
  };
  struct Row {
    const char* pointer;
    Json value;
    const char* said;
  };
  const Row rows[] = {
      {"/name", "-a", "name: "},
      {"/name", std::string(64, 'a'), "name: "},
      {"/name", "a.b", "name: "},
      {"/gateway", "10.1.1.1/24", "gateway: "},
      {"/gateway", "10.9.9.1", "controlPlanes[0].subnet: the gateway 10.9.9.1 is not in"},
      {"/gateway", "127.0.0.1", "gateway: "},
      {"/extraSANs", "a b", "extraSANs: "},
      {"/extraSANs", "a,,b", "extraSANs: "},
      {"/controlPlanes", Json::array(), "controlPlanes: a list of at least one node"},
      {"/controlPlanes", "a", "controlPlanes: "},
      {"/workers/0", 3, "workers[0]: an object"},
      {"/workers/0/assetID", "b", "workers[0].assetID: unknown"},
      {"/workers/0/assetId", "a", "workers[0].assetId: the same as controlPlanes[0].assetId"},
      {"/workers/0/ip", "10.1.1.10", "workers[0].ip: the same as controlPlanes[0].ip"},
      {"/workers/0/ip", "10.1.1.1", "workers[0].ip: is the gateway's"},
      {"/workers/0/ip", "10.1.1.0", "workers[0].ip: is no host's address"},
      {"/workers/0/ip", "10.1.1.255", "workers[0].ip: is no host's address"},
      {"/workers/0/ip", "224.0.0.1", "workers[0].ip: "},
      {"/workers/0/subnet", "0", "workers[0].subnet: "},
      {"/workers/0/subnet", "33", "workers[0].subnet: "},
      {"/workers/0/subnet", "255.255.255.0", "workers[0].subnet: "},
      {"/workers/0/dns", "dns.example.com", "workers[0].dns: "},
      {"/workers/0/ntp", "bad host", "workers[0].ntp: "},
      {"/workers/0/diskDevice", "/etc/passwd", "workers[0].diskDevice: "},
      {"/workers/0/diskDevice", "/dev/../etc", "workers[0].diskDevice: "},
      {"/cseInstallerImage", "a b", "cseInstallerImage: "},
      {"/credentials", "token", "credentials: an object"},
  };
  for (const auto& row : rows) EXPECT_THAT(with(row.pointer, row.value), HasSubstr(row.said)) << row.pointer;
}

TEST(ClusterBody, ACivoStackNeedsItsCredentialsAndTalos) {
  EXPECT_THAT(faults(civo()), ElementsAre());
  auto body = civo();
  body["flavor"] = "k3s";
  body["credentials"].erase("region");
  EXPECT_THAT(faults(body), ElementsAre(HasSubstr("flavor: civo_stack"), "credentials.region: required"));
  body.erase("credentials");
  EXPECT_THAT(join_faults(faults(body)), HasSubstr("credentials: required for civo_stack"));
}

TEST(ClusterBody, NeverQuotesCredentials) {
  auto body = civo();
  body["credentials"]["gitlabToken"] = Json::array({"glpat-s3cret"});
  body["credentials"]["region"] = 4711;
  body["name"] = "NOT GOOD";
  const auto said = join_faults(faults(body));
  EXPECT_THAT(said, HasSubstr("credentials.gitlabToken: a text"));
  EXPECT_THAT(said, Not(HasSubstr("s3cret")));
  EXPECT_THAT(said, Not(HasSubstr("4711")));
}

TEST(ClusterBody, HasBounds) {
  auto body = reference();
  for (int i = 0; i < 300; ++i) body["workers"].push_back(body["workers"][0]);
  EXPECT_EQ(faults(body).size(), max_cluster_faults);
  EXPECT_FALSE(decode_cluster(std::string(max_cluster_body + 1, ' ')));
  EXPECT_THAT(faults(Json::array()), ElementsAre("(the body): must be a JSON object"));
}

TEST(ClusterBody, EveryPrefixFailsCleanly) {
  const auto whole = civo().dump();
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(decode_cluster(whole.substr(0, size)));
}

TEST(ClusterAssets, ExistAreAvailableAndDifferent) {
  test::FakeOrders orders;
  orders.add_asset("a").status = workflows::AssetStatus::available;
  orders.add_asset("b").status = workflows::AssetStatus::available;
  const auto cluster = *decode_cluster(reference().dump());
  EXPECT_TRUE(check_cluster_assets(orders, cluster));

  orders.all_assets[1].status = workflows::AssetStatus::provisioned;
  auto said = check_cluster_assets(orders, cluster);
  EXPECT_EQ(said.error().code, "asset.not_available");
  EXPECT_EQ(said.error().message, "workers[0].assetId: b is provisioned");

  auto twice = cluster;
  twice.nodes[1].asset = orders.all_assets[0].id.to_string();
  EXPECT_EQ(check_cluster_assets(orders, twice).error().code, "asset.twice");

  auto nobody = cluster;
  nobody.nodes[0].asset = "nobody";
  said = check_cluster_assets(orders, nobody);
  EXPECT_EQ(said.error().code, "asset.not_found");
  EXPECT_THAT(said.error().message, HasSubstr("controlPlanes[0].assetId: "));
}
