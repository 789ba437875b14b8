#include "daemon/orders/operation_desk.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "tests/daemon/fake_orders.hpp"

using namespace colony;
using namespace colony::daemon;
using namespace std::chrono_literals;
using core::Result;
using core::Task;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

struct Bench {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::TaskGroup group{timers};
  test::FakeOrders orders;
  OperationDesk desk{orders};

  Bench() { (void)orders.add_workflow(orders.add_asset("web-1"), "any"); }

  Result<std::string> submit(hosted::Operation operation) {
    Result<std::string> out;
    const auto body = [](OperationDesk& d, hosted::Operation o, auto& r) -> Task<> {
      r = co_await d.submit(std::move(o));
    };
    group.spawn("submit", body(desk, std::move(operation), out));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1min);
    return out;
  }
  /// A documented entry with these members beside those that every entry has.
  Result<std::string> submit_documented(const std::string& type, const std::string& more = "") {
    auto operations = hosted::decode_pending_workflows(
        R"({"workflows":[{"id":"w-1","status":"pending","name":"for web-1","progress":0,"created_at":)"
        R"("2026-11-20T18:00:00Z","logs":[],"error":null,"asset_id":"web-1","type":")" +
        type + "\"" + more + "}]}");
    if (!operations || operations->size() != 1) return core::fail(core::ErrorKind::corrupt, "test", "entry");
    return submit(std::move(operations->front()));
  }
};

}  // namespace

TEST(OperationDesk, TakesDocumentedWorkflows) {
  Bench bench;
  for (const auto& [type, more] :
       {std::pair{"disk-wipe", ""}, std::pair{"discovery", ""},
        std::pair{"cluster-provision", R"(,"config":"machine: x","disk":null,"kernel_arguments":["quiet"])"},
        std::pair{"power", R"(,"action":"on")"}, std::pair{"reboot", R"(,"boot_device":"pxe","efi":true)"}}) {
    const auto taken = bench.submit_documented(type, more);
    EXPECT_TRUE(taken) << type << ": " << taken.error().message;
  }
  EXPECT_THAT(bench.orders.asked, ElementsAre("wipe web-1", "discover web-1", "provision web-1 machine: x  1",
                                              "power web-1 0", "reboot web-1 true"));
}

TEST(OperationDesk, TakesTheDisksThatADocumentedWorkflowNames) {
  Bench bench;
  EXPECT_TRUE(bench.submit_documented("disk-wipe", R"(,"disks":["serial-1"],"minimum":"purge")"));
  EXPECT_THAT(bench.orders.asked, ElementsAre("wipe web-1 serial-1 minimum purge"));
}

TEST(OperationDesk, RefusesDisksInWordsThatItDoesNotKnow) {
  Bench bench;
  for (const auto* more : {R"(,"diskIds":["a"])", R"(,"Devices":["/dev/sda"])", R"(,"spec":{"disks":["a"]})",
                           R"(,"parameters":[{"storage_id":"a"}])"}) {
    const auto taken = bench.submit_documented("disk-wipe", more);
    ASSERT_FALSE(taken) << more;
    EXPECT_EQ(taken.error().code, "api.body") << more;
    EXPECT_THAT(taken.error().message, HasSubstr("unknown member")) << more;
  }
  EXPECT_TRUE(bench.orders.asked.empty()) << "nothing was erased";
}

TEST(OperationDesk, NoDisksIsNotAllDisks) {
  Bench bench;
  EXPECT_EQ(bench.submit_documented("disk-wipe", R"(,"disks":null)").error().code, "api.body");
  for (const auto* body : {R"({"disks":null})", R"("{\"disks\":[\"a\"]}")", R"(["a"])", "null"}) {
    const auto taken =
        bench.submit({.id = "op-1", .seq = 1, .type = "wipe", .target = "web-1", .body_json = body});
    ASSERT_FALSE(taken) << body;
    EXPECT_EQ(taken.error().code, "api.body") << body;
  }
  EXPECT_TRUE(bench.orders.asked.empty()) << "nothing was erased";
}

TEST(OperationDesk, StaysStrictWithOperationsOfTheAgentPart) {
  Bench bench;
  const auto taken = bench.submit({.id = "op-1",
                                   .generation = core::Generation{1},
                                   .seq = 1,
                                   .type = "wipe",
                                   .target = "web-1",
                                   .body_json = R"({"disk":["a"]})"});
  EXPECT_EQ(taken.error().code, "api.body");
}

TEST(OperationDesk, NamesWhatItDoesNotDo) {
  Bench bench;
  EXPECT_EQ(bench.submit_documented("os-provision").error().code, "hosted.operation_unsupported");
}

TEST(OperationDesk, ChecksAClustersOrderInFullAndRefusesItByName) {
  Bench bench;
  bench.orders.all_assets.front().status = workflows::AssetStatus::available;
  const auto submit = [&bench](std::string body) {
    return bench
        .submit(
            {.id = "op-1", .seq = 1, .type = "cluster-create", .target = "c-1", .body_json = std::move(body)})
        .error();
  };
  const std::string good =
      R"({"name":"c","type":"k8s_stack","flavor":"talos","gateway":"10.1.1.1","controlPlanes":)"
      R"([{"assetId":"web-1","ip":"10.1.1.10","subnet":"24"}],"workers":[]})";
  EXPECT_EQ(submit(good).code, "clusters.unsupported");
  auto bad = good;
  EXPECT_EQ(submit(bad.replace(bad.find("web-1"), 5, "web-9")).code, "asset.not_found");
  const auto faults = submit(R"({"name":"C"})");
  EXPECT_EQ(faults.code, "api.body");
  EXPECT_THAT(faults.message, HasSubstr("gateway: required; "));
  EXPECT_EQ(
      bench.submit({.id = "op-2", .seq = 2, .type = "cluster-delete", .target = "c-1", .body_json = "{}"})
          .error()
          .code,
      "clusters.unsupported");
  EXPECT_TRUE(bench.orders.asked.empty());
}
