// One scout: the library that runs on real servers, over simulated disks, against a desk that plays colonyd.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "drivers/scout/messages.hpp"
#include "tests/hw-sim/rack/memory_site.hpp"

using namespace colony::core;
using namespace colony::hw_sim;
using namespace std::chrono_literals;
namespace scout = colony::drivers::scout;

namespace {

constexpr std::string_view token = "0123456789abcdef0123456789abcdef";

/// Answers scout: orders one wipe of the first disk, then power-off.
struct Desk {
  std::map<std::string, unsigned> heard;  // by message
  std::optional<scout::Inventory> inventory;
  std::optional<scout::WipeResult> result;
  bool redeems = true;

  std::pair<unsigned, std::string> answer(const http::ClientRequest& request) {
    const std::string message = request.target.substr(std::string_view("/scout/v1/").size());
    ++heard[message];
    const Json body = parse_json(request.body).value();
    if (message == "inventory") inventory = scout::decode_inventory(body).value();
    if (message == "redeem") return {redeems ? 200 : 409, "{}"};
    if (message == "result") result = scout::decode_wipe_result(body).value();
    if (message != "order") return {200, "{}"};
    if (result) return {200, dump_json(to_json(scout::Order(scout::PowerOff{})))};
    scout::WipeOrder order;
    order.workflow = *WorkflowId::parse("11111111-2222-4333-8444-555555555555");
    order.attempt = {1};
    order.epoch = {1};
    order.token = token;
    order.disks = {inventory->disks[0]};
    order.methods = {scout::WipeMethod::discard, scout::WipeMethod::write_zeroes};
    return {200, dump_json(to_json(scout::Order(order)))};
  }
};

class DeskExchange final : public http::HttpExchange {
 public:
  DeskExchange(Desk& desk, std::unique_ptr<http::HttpExchange> others)
      : desk_(desk), others_(std::move(others)) {}
  Task<Result<http::ClientResponse>> exchange(http::ClientRequest request, BootTime deadline) override {
    if (!request.target.starts_with("/scout/v1/"))
      co_return co_await others_->exchange(std::move(request), deadline);
    EXPECT_EQ(request.headers.find("Authorization"), "Bearer boot-token");
    const auto [status, body] = desk_.answer(request);
    http::ClientResponse response;
    response.status = static_cast<http::Status>(status);
    response.body = body;
    response.body_bytes = body.size();
    co_return response;
  }

 private:
  Desk& desk_;
  std::unique_ptr<http::HttpExchange> others_;
};

std::string rack_with(const std::string& faults) {
  return "network: {interface: sim0}\nservers: [{firmware: bios, bmc: {first_address: 10.77.1.1, username: "
         "A, "
         "password: b}, disks: [{size_mb: 64}, {size_mb: 64}], faults: [" +
         faults + "]}]";
}

struct Bench {
  Desk desk;
  MemorySite site;
  explicit Bench(const std::string& faults = "") : site(rack_with(faults)) {
    site.http["/boot.ipxe"] = {
        200, "#!ipxe\nkernel /k colony.url=http://10.77.0.5:8080 colony.token=boot-token\ninitrd /i\nboot\n"};
    site.http["/k"] = site.http["/i"] = {200, "image"};
    site.wire.http_wanted = [this](const http::TcpEndpoint&) {
      return std::make_unique<DeskExchange>(desk, std::make_unique<MemoryHttp>(site.http, site.asked));
    };
    site.power_on(0);
  }
  bool run_until_off() {
    return site.run_until([this] { return site.server(0).stage() == ServerStage::off; }, 1h);
  }
  SimDisk& disk(std::size_t index) { return *site.server(0).disks()[index]; }
};

}  // namespace

TEST(RackScout, TellsTheInventoryOfItsServerAndWipesTheNamedDiskOnly) {
  Bench bench;
  ASSERT_TRUE(bench.run_until_off());
  const ServerProfile& profile = bench.site.server(0).profile();
  EXPECT_EQ(bench.desk.inventory->smbios.uuid, profile.smbios_uuid);
  EXPECT_EQ(bench.desk.inventory->nics.at(0).mac, profile.mac);
  EXPECT_EQ(bench.desk.inventory->bmc->address, profile.bmc_address.address);
  EXPECT_EQ(bench.desk.inventory->disks.at(1).content, "data");
  EXPECT_TRUE(bench.disk(0).is_zero());
  EXPECT_EQ(bench.disk(1).untouched_bytes(), bench.disk(1).size_bytes());
  EXPECT_EQ(bench.desk.result->disks.at(0).verdict, scout::WipeVerdict::erased);
  EXPECT_EQ(bench.desk.heard["redeem"], 1U);
}

TEST(RackScout, WritesNothingWhenTheTokenIsRefused) {
  Bench bench;
  bench.desk.redeems = false;
  ASSERT_TRUE(bench.run_until_off());
  EXPECT_TRUE(bench.desk.result->fence_refused);
  EXPECT_EQ(bench.disk(0).untouched_bytes(), bench.disk(0).size_bytes());
}

TEST(RackScout, ALostAnswerToTheRedemptionStopsEveryWrite) {
  Bench bench("{at: scout.redeem, kind: lose}");
  bench.site.timers.run_for(10min);
  EXPECT_EQ(bench.desk.heard["redeem"], 1U);
  EXPECT_EQ(bench.disk(0).untouched_bytes(), bench.disk(0).size_bytes());
}

TEST(RackScout, ADiskThatLiesAboutDiscardIsFoundOutAndZeroedOtherwise) {
  Bench bench("{at: disk.discard, kind: lie}");
  ASSERT_TRUE(bench.run_until_off());
  EXPECT_TRUE(bench.disk(0).is_zero());
  EXPECT_EQ(bench.desk.result->disks.at(0).method, scout::WipeMethod::write_zeroes);
  EXPECT_GE(bench.disk(0).counters().discards, 1U);
}

TEST(RackScout, RepeatsWhatWasLostOrRefused) {
  for (const char* at : {"scout.hello", "scout.inventory", "scout.order", "scout.result"}) {
    for (const char* kind : {"lose", "refuse", "late", "duplicate"}) {
      Bench bench(std::string("{at: ") + at + ", kind: " + kind + "}");
      EXPECT_TRUE(bench.run_until_off()) << at << " " << kind;
      EXPECT_TRUE(bench.disk(0).is_zero()) << at << " " << kind;
      EXPECT_EQ(bench.site.server(0).faults_struck(), 1U) << at << " " << kind;
    }
  }
}

TEST(RackScout, PowerOffBeforeTheRedemptionLeavesTheDisksAlone) {
  Bench bench("{at: scout.redeem, kind: late, delay: 10s}");
  ASSERT_TRUE(bench.site.run_until([&] { return bench.site.server(0).stage() == ServerStage::scout; }));
  Server& server = bench.site.server(0);
  server.set_now(bench.site.timers.now());
  server.act(colony::drivers::PowerAction::off);
  bench.site.rack.on_bmc(server.profile().bmc_address.address, {site_address, 1}, {});
  bench.site.timers.run_for(10min);
  EXPECT_EQ(bench.desk.heard["redeem"], 0U);
  EXPECT_EQ(bench.disk(0).untouched_bytes(), bench.disk(0).size_bytes());
  EXPECT_EQ(server.stage(), ServerStage::off);
}
