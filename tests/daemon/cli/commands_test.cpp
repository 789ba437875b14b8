// Whole commands against the real routes over a table of orders, in memory and under virtual time.
#include "daemon/cli/commands.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/http/exchange.hpp"
#include "daemon/api/api_routes.hpp"
#include "daemon/cli/inventory_sections.hpp"
#include "daemon/cli/program.hpp"
#include "daemon/cli/serving.hpp"
#include "daemon/cli/table.hpp"
#include "tests/daemon/cli/console_recorder.hpp"
#include "tests/daemon/fake_orders.hpp"
#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::daemon::cli;
using namespace std::chrono_literals;

namespace {

/// colonyd, which may be away.
struct Daemon final : core::http::HttpExchange {
  explicit Daemon(const core::http::Router& router) : routes(router, core::http::UnixPeer{0, 0, 1}) {}
  Task<Result<core::http::ClientResponse>> exchange(core::http::ClientRequest request,
                                                    BootTime deadline) override {
    if (away) co_return fail(ErrorKind::unreachable, "http.connect", "/x.sock: nobody listens there");
    co_return co_await routes.exchange(std::move(request), deadline);
  }
  core::http::RouterExchange routes;
  bool away = false;
};

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T18:00:00Z")};
  TaskGroup group{timers};
  Log log = Log::silent();
  test::FakeOrders orders;
  core::http::Router router;
  Daemon exchange{router};
  ApiClient api{timers, exchange, "memory"};
  test::RecordingConsole console;

  Json more_status = Json::object();
  Json leases = {{"mode", "proxy"}, {"leases", Json::array()}};

  Bench() {
    daemon::api::add_api_routes(router, {timers,
                                         log,
                                         orders,
                                         "0.1.0",
                                         [this](Json& status) { status.update(more_status); },
                                         {},
                                         [this] { return leases; }});
  }

  ExitCode run(std::vector<std::string> words) {
    words.insert(words.begin(), "colony");
    console.output.clear();
    console.errors.clear();
    const Commands commands = make_commands();
    GlobalOptions globals;
    const Parsed parsed = parse_command_line(words, commands, globals, console);
    if (parsed.command == nullptr) return parsed.exit_code;
    Session session{timers, console, api, globals.output == "json" ? Output::json : Output::table};
    std::optional<ExitCode> code;
    const auto body = [](Command& c, Session& s, std::optional<ExitCode>& o) -> Task<> {
      o = co_await c.run(s);
    };
    group.spawn("command", body(*parsed.command, session, code));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
    EXPECT_TRUE(code);
    return code.value_or(ExitCode::general);
  }
  drivers::scout::Disk disk(std::string serial) {
    drivers::scout::Disk out;
    out.id.serial = std::move(serial);
    out.model = "SAMSUNG";
    out.size_bytes = 960'000'000'000;
    out.content = "ext4";
    return out;
  }
};

}  // namespace

TEST(AssetsCommand, ShowsATableAndOneInDetail) {
  Bench bench;
  EXPECT_EQ(bench.run({"assets"}), ExitCode::success);
  EXPECT_NE(bench.console.errors.find("colony add-ipmi --help"), std::string::npos);
  auto& asset = bench.orders.add_asset("web-1");
  asset.condition = workflows::AssetCondition::quarantined;
  drivers::scout::Inventory inventory;
  inventory.disks = {bench.disk("S1")};
  inventory.memory_bytes = std::uint64_t{64} << 30;
  asset.inventory = inventory;
  EXPECT_EQ(bench.run({"assets"}), ExitCode::success);
  EXPECT_TRUE(bench.console.output.starts_with("NAME ")) << bench.console.output;
  EXPECT_NE(bench.console.output.find("web-1"), std::string::npos);
  EXPECT_NE(bench.console.output.find("quarantined"), std::string::npos);
  EXPECT_EQ(bench.run({"assets", "web-1"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("960.0 GB"), std::string::npos) << bench.console.output;
  EXPECT_NE(bench.console.output.find("64 GiB"), std::string::npos) << bench.console.output;
  EXPECT_EQ(bench.run({"assets", "--output", "json"}), ExitCode::success);
  EXPECT_EQ(Json::parse(bench.console.output)["assets"][0]["name"], "web-1");
  EXPECT_EQ(Json::parse(bench.console.output)["assets"][0]["specs"]["ram"], "64GB") << "as the reference";
}

TEST(AssetsCommand, ShowsNamesWholeBecauseTheyAreTypedNext) {
  Bench bench;
  for (const char* name : {"server-cz2030401k", "server-simsx0000001"}) {
    auto& asset = bench.orders.add_asset(name);
    asset.serial = "A-LONG-SERIAL-NUMBER-0001";
    asset.condition = workflows::AssetCondition::indeterminate;
    workflows::AssetView::Bmc bmc;
    bmc.address = *Ipv4Address::parse("10.177.101.210");
    asset.bmc = bmc;
    drivers::scout::Inventory inventory;
    inventory.disks = {bench.disk("S1"), bench.disk("S2")};
    asset.inventory = inventory;
  }
  EXPECT_EQ(bench.run({"assets"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("server-simsx0000001 "), std::string::npos) << bench.console.output;
  EXPECT_NE(bench.console.output.find("10.177.101.210 "), std::string::npos) << bench.console.output;
}

TEST(AssetsCommand, ShowsWhatAServerIsMadeOfInAHundredColumns) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  drivers::scout::Inventory inventory;
  inventory.cpu.model =
      "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz with a name that is far too long for a line";
  inventory.cpu.flags = {"aes", "avx512f"};
  inventory.memory_bytes = 512ULL << 30;
  inventory.dimms = {{.locator = "P1-DIMMA1",
                      .size_bytes = 32ULL << 30,
                      .speed_mts = 3200,
                      .type = "DDR4",
                      .manufacturer = {},
                      .part = {},
                      .serial = {}}};
  drivers::scout::Nic nic;
  nic.name = "eno1";
  nic.firmware = "9.20 0x8000d8c5 22.0.9 and more";
  nic.lldp.emplace();
  nic.lldp->system_name = "leaf-7a.example.net";
  nic.lldp->port_id = "Ethernet12";
  inventory.nics = {nic};
  auto disk = bench.disk("S1");
  disk.transport = "nvme";
  disk.erase = {drivers::scout::EraseAbility::discard, drivers::scout::EraseAbility::sanitize_crypto};
  disk.hidden.emplace();
  disk.hidden->host_protected_bytes = 8'000'000'000;
  disk.health.emplace();
  disk.health->percentage_used = 3;
  disk.raid = "megaraid_sas";
  inventory.disks = {disk, bench.disk("S2")};
  inventory.devices = {{.address = "0000:af:00.0",
                        .device_class = 0x030200,
                        .vendor = 0x10de,
                        .device = 0x20b5,
                        .driver = {}}};
  inventory.tpm.emplace();
  inventory.tpm->version = "2.0";
  asset.inventory = inventory;
  EXPECT_EQ(bench.run({"assets", "web-1"}), ExitCode::success);
  const std::string& shown = bench.console.output;
  for (const char* part : {"\nCPU\n", "\nMEMORY\n", "\nNETWORK\n", "\nDISKS\n", "\nDEVICES\n", "\nFIRMWARE\n",
                           "512 GiB", "P1-DIMMA1", "leaf-7a.example.net", "8.0 GB", "good 3% used",
                           "discard, sanitize-crypto", "a RAID volume", "GPU (3D)", "10de:20b5", "2.0"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << " in " << shown;
  }
  for (std::size_t start = 0; start < shown.size();) {
    const auto end = std::min(shown.find('\n', start), shown.size());
    EXPECT_LE(text_width(shown.substr(start, end - start)), table_width) << shown.substr(start, end - start);
    start = end + 1;
  }
  EXPECT_EQ(bench.run({"assets", "web-1", "--output", "json"}), ExitCode::success);
  EXPECT_EQ(Json::parse(bench.console.output)["inventory"]["dimms"][0]["locator"], "P1-DIMMA1");
}

TEST(InventorySections, DevicesHaveNamesWhereThereIsAListOfThem) {
  const Json inventory = Json::parse(
      R"({"devices":[{"address":"0000:af:00.0","class":197120,"vendor":4318,"device":8373,"driver":""},
                     {"address":"0000:b0:00.0","class":131072,"vendor":1,"device":2,"driver":"x"}]})");
  const auto named =
      inventory_sections(inventory, "10de  NVIDIA Corporation\n\t20b5  GA100 [A100 PCIe 80GB]\n");
  EXPECT_NE(named.find("10de:20b5"), std::string::npos) << named;
  EXPECT_NE(named.find("NVIDIA Corporation GA100 [A100"), std::string::npos) << named;
  const auto numbers = inventory_sections(inventory);
  EXPECT_NE(numbers.find("10de:20b5"), std::string::npos) << numbers;
  EXPECT_EQ(numbers.find("NAME"), std::string::npos) << numbers;
}

TEST(AssetsCommand, NamesAnUnknownOne) {
  Bench bench;
  EXPECT_EQ(bench.run({"assets", "nobody"}), ExitCode::general);
  EXPECT_EQ(bench.console.errors, "colony: no asset is named nobody [ASSET_NOT_FOUND]\n");
}

TEST(AddIpmiCommand, TakesThePasswordFromTheEnvironment) {
  Bench bench;
  bench.orders.add_asset("web-1");
  bench.console.variables["IPMI_PASSWORD"] = "secret";
  EXPECT_EQ(bench.run({"add-ipmi", "--ip", "10.1.1.20", "--username", "ADMIN", "--name", "web-1"}),
            ExitCode::success);
  EXPECT_EQ(bench.orders.asked, (std::vector<std::string>{"enrol 10.1.1.20:623 - ADMIN secret web-1"}));
  EXPECT_EQ(bench.console.errors, "");
  EXPECT_NE(bench.console.output.find("web-1"), std::string::npos) << "the name that it has now";
  EXPECT_NE(bench.console.output.find("board serial  BS-1"), std::string::npos) << bench.console.output;
}

TEST(AddIpmiCommand, NamesTheSaferWayAndItsExitCodes) {
  Bench bench;
  EXPECT_EQ(bench.run({"add-ipmi", "--ip", "10.1.1.20", "--username", "ADMIN"}), ExitCode::arguments);
  EXPECT_NE(bench.console.errors.find("IPMI_PASSWORD"), std::string::npos);
  bench.orders.refusal =
      Error{ErrorKind::unauthorized, "ipmi.credentials_rejected", "the BMC refused the password"};
  EXPECT_EQ(bench.run({"add-ipmi", "--ip", "10.1.1.20", "--username", "ADMIN", "--password", "secret"}),
            ExitCode::authentication);
  EXPECT_NE(bench.console.errors.find("safer: IPMI_PASSWORD"), std::string::npos);
  EXPECT_EQ(bench.console.errors.find("secret"), std::string::npos);
  bench.orders.refusal = Error{ErrorKind::unreachable, "ipmi.unreachable", "nobody answers"};
  EXPECT_EQ(bench.run({"add-ipmi", "--ip", "10.1.1.20", "--username", "ADMIN", "--password", "x"}),
            ExitCode::network);
}

TEST(AddIpmisCommand, SaysForEachRowWhatBecameOfIt) {
  Bench bench;
  const test::TemporaryDirectory directory;
  const auto file = directory.write(
      "rack.csv", "ip,username,password\n10.1.1.20,ADMIN,a\nbroken,ADMIN,b\n10.1.1.21,ADMIN,c\n");
  EXPECT_EQ(bench.run({"add-ipmis", "--ipmi-auth-file", file, "--output", "json"}), ExitCode::arguments);
  const Json rows = Json::parse(bench.console.output)["rows"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["status"], "enrolled");
  EXPECT_EQ(rows[1]["status"], "skipped");
  EXPECT_EQ(rows[1]["line"], 3);
  EXPECT_EQ(rows[2]["status"], "enrolled");
  EXPECT_EQ(bench.orders.asked.size(), 2U);
  EXPECT_EQ(bench.run({"add-ipmis", "--ipmi-auth-file", "/nonexistent"}), ExitCode::arguments);
}

TEST(WipeCommand, ShowsTheDisksAndRefusesWithoutConfirmation) {
  Bench bench;
  bench.orders.add_asset("web-1");
  bench.orders.disks = {bench.disk("S1"), bench.disk("S2")};
  EXPECT_EQ(bench.run({"wipe", "web-1"}), ExitCode::arguments);
  EXPECT_NE(bench.console.errors.find("S1"), std::string::npos);
  EXPECT_NE(bench.console.errors.find("add --yes"), std::string::npos);
  bench.console.terminal = true;
  bench.console.input = {"web-2"};
  EXPECT_EQ(bench.run({"wipe", "web-1"}), ExitCode::arguments);
  EXPECT_TRUE(bench.orders.asked.empty());
}

TEST(WipeCommand, OrdersExactlyWhatWasShown) {
  Bench bench;
  bench.orders.add_asset("web-1");
  bench.orders.disks = {bench.disk("S1"), bench.disk("S2")};
  EXPECT_EQ(bench.run({"wipe", "web-1", "--yes", "--minimum", "purge"}), ExitCode::success);
  const std::string id = bench.orders.all_assets[0].id.to_string();
  EXPECT_EQ(bench.orders.asked, (std::vector<std::string>{"wipe " + id + " S1 S2 minimum purge"}));
  bench.console.terminal = true;
  bench.console.input = {"web-1"};
  EXPECT_EQ(bench.run({"deprovision", "--hardware-id", "web-1"}), ExitCode::success);
  EXPECT_EQ(bench.orders.asked.back(), "wipe " + id + " S1 S2");
}

TEST(ProvisionCommand, OrdersTheDiskThatItShowedAndNotTheRule) {
  Bench bench;
  const test::TemporaryDirectory directory;
  const auto file = directory.write("worker.yaml", "machine: {}");
  bench.orders.add_asset("web-1");
  bench.orders.disks = {bench.disk("S1")};
  EXPECT_EQ(bench.run({"provision", "web-1", "--config", file, "--disk", "smallest", "--yes"}),
            ExitCode::success);
  EXPECT_NE(bench.console.errors.find("S1"), std::string::npos);
  EXPECT_EQ(bench.orders.asked, (std::vector<std::string>{"provision web-1 machine: {} S1 0"}));
}

TEST(ProvisionCommand, OrdersTheNicThatItShowedAndNotTheRule) {
  Bench bench;
  const test::TemporaryDirectory directory;
  const auto file = directory.write("worker.yaml", "machine: {}");
  bench.orders.add_asset("web-1");
  auto& nic = bench.orders.nics.emplace_back();
  nic.mac = core::MacAddress({0x52, 0x54, 0, 0x77, 0, 1});
  nic.driver = "mlx5_core";
  EXPECT_EQ(bench.run({"provision", "web-1", "--config", file, "--nic", "link=yes,fastest", "--yes"}),
            ExitCode::success);
  EXPECT_NE(bench.console.errors.find("the machine config will name"), std::string::npos);
  EXPECT_NE(bench.console.errors.find("52:54:00:77:00:01  down"), std::string::npos) << bench.console.errors;
  EXPECT_EQ(bench.orders.asked,
            (std::vector<std::string>{"provision web-1 machine: {}  0 52:54:00:77:00:01"}));
}

TEST(ProvisionCommand, SendsTheConfigToEveryServer) {
  Bench bench;
  const test::TemporaryDirectory directory;
  const auto file = directory.write("worker.yaml", "machine: {}");
  bench.orders.add_asset("web-1");
  bench.orders.add_asset("web-2");
  EXPECT_EQ(bench.run({"provision", "web-1", "web-2", "--config", file, "--disk", "W", "--yes"}),
            ExitCode::success);
  EXPECT_EQ(bench.orders.asked,
            (std::vector<std::string>{"provision web-1 machine: {} W 0", "provision web-2 machine: {} W 0"}));
  EXPECT_EQ(bench.run({"provision", "web-1", "--config", file}), ExitCode::arguments);
  EXPECT_EQ(bench.orders.asked.size(), 2U);
}

TEST(ProvisionCommand, GoesOnAfterARefusalAndShowsWhatIsUnderWay) {
  Bench bench;
  const test::TemporaryDirectory directory;
  const auto file = directory.write("worker.yaml", "machine: {}");
  bench.orders.add_workflow(bench.orders.add_asset("web-1"), "cluster-provision");
  bench.orders.add_asset("web-2");
  bench.orders.refused_asset = "web-1";
  EXPECT_EQ(bench.run({"provision", "web-1", "web-2", "--config", file, "--yes"}), ExitCode::general);
  EXPECT_NE(bench.console.errors.find("colony: web-1: it is not available"), std::string::npos)
      << bench.console.errors;
  EXPECT_NE(bench.console.output.find("workflow 11111111-"), std::string::npos) << bench.console.output;
  EXPECT_EQ(bench.run({"provision", "web-1", "web-2", "--config", file, "--yes", "--output", "json"}),
            ExitCode::general);
  const Json answer = Json::parse(bench.console.output);
  EXPECT_EQ(answer["orders"].size(), 1U);
  EXPECT_EQ(answer["refused"][0]["asset"], "web-1");
  EXPECT_EQ(bench.run({"provision", "web-1", "--config", file, "--yes", "--output", "json"}),
            ExitCode::general);
  EXPECT_EQ(Json::parse(bench.console.output)["code"], "ASSET_NOT_AVAILABLE");
}

TEST(WorkflowsCommand, FollowsUntilTheEndAndTellsHowItEnded) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  auto& workflow = bench.orders.add_workflow(asset, "disk-wipe");
  workflow.status = workflows::WorkflowStatus::running;
  workflow.step = "wipe-disks";
  workflow.step_number = 3;
  workflow.step_count = 7;
  const auto finish = [](Bench& b) -> Task<> {
    co_await b.timers.sleep_for(3s);
    b.orders.all_workflows[0].status = workflows::WorkflowStatus::failed;
    b.orders.all_workflows[0].error_code = "wipe.read_back";
    b.orders.all_workflows[0].error_message = "old data was found";
  };
  bench.group.spawn("finish", finish(bench));
  EXPECT_EQ(bench.run({"workflows", "11111111", "--follow"}), ExitCode::general);
  EXPECT_NE(bench.console.errors.find("web-1 disk-wipe running 3/7 wipe-disks"), std::string::npos)
      << bench.console.errors;
  EXPECT_NE(bench.console.errors.find("old data was found"), std::string::npos);
  bench.orders.all_workflows[0].status = workflows::WorkflowStatus::completed;
  EXPECT_EQ(bench.run({"workflows", "11111111-0000-4000-8000-000000000001", "--follow", "--output", "json"}),
            ExitCode::success);
  EXPECT_EQ(Json::parse(bench.console.output)["workflows"][0]["status"], "completed");
  EXPECT_EQ(bench.run({"workflows", "--asset", "web-1"}), ExitCode::success);
  EXPECT_TRUE(bench.console.output.starts_with("WORKFLOW "));
}

TEST(WorkflowsCommand, PrintsALineForAStepOrATenthOfADiskAndNotForEveryPercent) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  auto& workflow = bench.orders.add_workflow(asset, "disk-wipe");
  workflow.status = workflows::WorkflowStatus::running;
  workflow.step = "wipe-disks";
  workflow.progress = {{"S1", "overwrite", 0}};
  const auto erase = [](Bench& b) -> Task<> {
    auto& followed = b.orders.all_workflows[0];
    for (unsigned percent = 0; percent < 100; ++percent) {
      followed.progress[0].percent = percent;
      co_await b.timers.sleep_for(1s);
    }
    followed.progress.clear();
    followed.step = "settle";
    co_await b.timers.sleep_for(3s);
    followed.status = workflows::WorkflowStatus::completed;
  };
  bench.group.spawn("erase", erase(bench));
  EXPECT_EQ(bench.run({"workflows", "11111111", "--follow"}), ExitCode::success);
  EXPECT_EQ(std::ranges::count(bench.console.errors, '\n'), 12) << bench.console.errors;
  EXPECT_NE(bench.console.errors.find("S1 overwrite 90%"), std::string::npos);
}

TEST(WorkflowsCommand, FollowSaysAtOnceThatColonydDoesNotAnswer) {
  Bench bench;
  bench.exchange.away = true;
  const BootTime before = bench.timers.now();
  EXPECT_EQ(bench.run({"workflows", "--follow"}), ExitCode::network);
  EXPECT_EQ(bench.timers.now(), before);
  EXPECT_NE(bench.console.errors.find("/x.sock: nobody listens there"), std::string::npos);
}

TEST(WorkflowsCommand, FollowWaitsForARestartAndSaysSoOnce) {
  Bench bench;
  bench.orders.add_workflow(bench.orders.add_asset("web-1"), "disk-wipe").status =
      workflows::WorkflowStatus::running;
  const auto restart = [](Bench& b) -> Task<> {
    co_await b.timers.sleep_for(3s);
    b.exchange.away = true;
    co_await b.timers.sleep_for(20s);
    b.exchange.away = false;
    co_await b.timers.sleep_for(3s);
    b.orders.all_workflows[0].status = workflows::WorkflowStatus::completed;
  };
  bench.group.spawn("restart", restart(bench));
  EXPECT_EQ(bench.run({"workflows", "--follow"}), ExitCode::success) << bench.console.errors;
  const std::string& said = bench.console.errors;
  const auto waiting = said.find("colonyd does not answer (");
  EXPECT_NE(waiting, std::string::npos) << said;
  EXPECT_EQ(said.find("colonyd does not answer (", waiting + 1), std::string::npos) << said;
  EXPECT_NE(said.find("colonyd answers again\n"), std::string::npos) << said;
}

TEST(WorkflowsCommand, FollowGivesUpOnADaemonThatStaysAway) {
  Bench bench;
  bench.orders.add_workflow(bench.orders.add_asset("web-1"), "disk-wipe").status =
      workflows::WorkflowStatus::running;
  const auto stop = [](Bench& b) -> Task<> {
    co_await b.timers.sleep_for(3s);
    b.exchange.away = true;
  };
  bench.group.spawn("stop", stop(bench));
  const BootTime before = bench.timers.now();
  EXPECT_EQ(bench.run({"workflows", "--follow"}), ExitCode::network);
  EXPECT_LT(bench.timers.now() - before, 3min);
}

TEST(WorkflowsCommand, FollowShowsOnlyWhatIsUnfinishedAndThoseThatEndMeanwhile) {
  Bench bench;
  bench.orders.add_workflow(bench.orders.add_asset("old-1"), "discovery").status =
      workflows::WorkflowStatus::failed;
  EXPECT_EQ(bench.run({"workflows", "--follow"}), ExitCode::success);
  EXPECT_EQ(bench.console.errors, "Nothing is unfinished.\n");
  bench.orders.add_workflow(bench.orders.add_asset("web-1"), "disk-wipe").status =
      workflows::WorkflowStatus::running;
  const auto finish = [](Bench& b) -> Task<> {
    co_await b.timers.sleep_for(3s);
    b.orders.all_workflows[1].status = workflows::WorkflowStatus::completed;
  };
  bench.group.spawn("finish", finish(bench));
  EXPECT_EQ(bench.run({"workflows", "--follow"}), ExitCode::success);
  EXPECT_EQ(bench.console.errors.find("old-1"), std::string::npos) << bench.console.errors;
  EXPECT_NE(bench.console.errors.find("web-1 disk-wipe completed"), std::string::npos)
      << bench.console.errors;
}

TEST(WorkflowsCommand, FollowOfAServerEndsWithItsWork) {
  Bench bench;
  bench.orders.add_workflow(bench.orders.add_asset("web-1"), "disk-wipe").status =
      workflows::WorkflowStatus::running;
  bench.orders.add_workflow(bench.orders.add_asset("web-2"), "discovery").status =
      workflows::WorkflowStatus::running;
  const auto fail_it = [](Bench& b) -> Task<> {
    co_await b.timers.sleep_for(3s);
    b.orders.all_workflows[0].status = workflows::WorkflowStatus::failed;
  };
  bench.group.spawn("fail", fail_it(bench));
  EXPECT_EQ(bench.run({"workflows", "--follow", "--asset", "web-1"}), ExitCode::general);
  EXPECT_EQ(bench.console.errors.find("web-2"), std::string::npos) << bench.console.errors;
}

TEST(WorkflowsCommand, CutsNothingInAPipe) {
  Bench bench;
  auto& workflow = bench.orders.add_workflow(
      bench.orders.add_asset("a-server-with-a-name-that-is-longer-than-any-column-of-a-table"),
      "cluster-provision");
  workflow.status = workflows::WorkflowStatus::running;
  workflow.waits_for = "the machine to ask for its machine config, which it does after its kernel is up";
  EXPECT_EQ(bench.run({"workflows"}), ExitCode::success);
  EXPECT_EQ(bench.console.output.find("…"), std::string::npos) << bench.console.output;
  EXPECT_NE(bench.console.output.find(workflow.waits_for), std::string::npos) << bench.console.output;
  bench.console.terminal = true;
  EXPECT_EQ(bench.run({"workflows"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("…"), std::string::npos);
}

TEST(AddIpmisCommand, SaysHowToWriteAFieldWithCommas) {
  Bench bench;
  const test::TemporaryDirectory directory;
  const auto file = directory.write("rack.csv", "10.1.1.20,ADMIN,a,secret,with,commas\n10.1.1.21,ADMIN,b\n");
  EXPECT_EQ(bench.run({"add-ipmis", "--ipmi-auth-file", file}), ExitCode::arguments);
  EXPECT_NE(bench.console.errors.find("put a field that contains commas in quotes"), std::string::npos)
      << bench.console.errors;
  const auto header =
      directory.write("rack2.csv", "ip,username,password\n10.1.1.20,ADMIN,secret,with,commas\n");
  EXPECT_EQ(bench.run({"add-ipmis", "--ipmi-auth-file", header}), ExitCode::arguments);
  EXPECT_NE(bench.console.output.find("put a field that contains commas in quotes"), std::string::npos)
      << bench.console.output << bench.console.errors;
  EXPECT_EQ(bench.console.output.find("with"), std::string::npos) << "nothing of the password";
}

TEST(InitCommand, WithoutAKeyNamesEveryWayToGiveOne) {
  Bench bench;
  EXPECT_EQ(bench.run({"init", "--data-center-id", "d", "--load-balancer-interface", "lo",
                       "--load-balancer-ip", "10.1.1.5/24"}),
            ExitCode::arguments);
  for (const auto* const way : {"COLONY_API_KEY", "--api-key ", "--api-key-file", "sudo -E"}) {
    EXPECT_NE(bench.console.errors.find(way), std::string::npos) << way << bench.console.errors;
  }
  EXPECT_EQ(bench.run({"init", "--data-center-id", "d", "--load-balancer-interface", "lo",
                       "--load-balancer-ip", "10.1.1.5/24", "--api-key-file", "/nope"}),
            ExitCode::arguments);
  EXPECT_NE(bench.console.errors.find("/nope"), std::string::npos);
}

TEST(CancelCommand, TakesTheBeginningOfAnIdAsTheTableShowsIt) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  const auto id = bench.orders.add_workflow(asset, "disk-wipe").id.to_string();
  EXPECT_EQ(bench.run({"cancel", id.substr(0, 8)}), ExitCode::success) << bench.console.errors;
  EXPECT_EQ(bench.orders.asked, (std::vector<std::string>{"cancel " + id}));
  EXPECT_EQ(bench.console.errors, "will end at its next safe point; see: colony workflows " + id + "\n");
  EXPECT_EQ(bench.run({"cancel", id, "--output", "json"}), ExitCode::success);
  EXPECT_EQ(Json::parse(bench.console.output), (Json{{"workflow_id", id}, {"cancel_requested", true}}));
  bench.orders.asked.pop_back();
  EXPECT_EQ(bench.run({"cancel", "deadbeef"}), ExitCode::general);
  EXPECT_NE(bench.console.errors.find("no workflow has an id that begins with deadbeef"), std::string::npos);
  bench.orders.add_workflow(asset, "power");
  EXPECT_EQ(bench.run({"cancel", id.substr(0, 8)}), ExitCode::general);
  EXPECT_NE(bench.console.errors.find("2 workflows have an id"), std::string::npos);
  EXPECT_EQ(bench.orders.asked.size(), 1U);
}

TEST(WorkflowsCommand, DrawsOverItselfOnATerminal) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  bench.orders.add_workflow(asset, "discovery").status = workflows::WorkflowStatus::completed;
  bench.console.terminal = true;
  EXPECT_EQ(bench.run({"workflows", "11111111", "--follow"}), ExitCode::success);
  EXPECT_TRUE(bench.console.errors.starts_with("WORKFLOW "));
  EXPECT_NE(bench.console.errors.find("\x1b[32mcompleted\x1b[0m"), std::string::npos);
}

TEST(WhyCommand, SaysWhatItWaitsForAndWhatToDo) {
  Bench bench;
  bench.orders.add_asset("web-1");
  EXPECT_EQ(bench.run({"why", "web-1"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("the machine to ask for a boot program"), std::string::npos);
  EXPECT_NE(bench.console.output.find("  - look at its console"), std::string::npos);
  EXPECT_NE(bench.console.output.find("1m30s"), std::string::npos);
  EXPECT_NE(bench.console.output.find("Its newest boot"), std::string::npos);
  EXPECT_NE(bench.console.output.find("61.3 s"), std::string::npos);
}

TEST(AssetsCommand, ShowsByWhichWayAMachineGoesToItsDisk) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  EXPECT_EQ(bench.run({"assets", "web-1"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("no way seen working yet"), std::string::npos);
  asset.local_disk_by = {{"bios", "sanboot"}, {"efi", "exit"}};
  EXPECT_EQ(bench.run({"assets", "web-1"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("bios: sanboot, efi: exit"), std::string::npos);
}

TEST(DiscoverCommand, OpensTheWindowOrBootsKnownServers) {
  Bench bench;
  bench.orders.add_asset("web-1");
  EXPECT_EQ(bench.run({"discover"}), ExitCode::arguments);
  EXPECT_EQ(bench.run({"discover", "--for", "30m"}), ExitCode::success);
  EXPECT_EQ(bench.run({"discover", "--for", "0s"}), ExitCode::success);
  EXPECT_EQ(bench.console.output, "discovery window closed\n");
  EXPECT_EQ(bench.run({"discover", "web-1"}), ExitCode::success);
  EXPECT_EQ(bench.run({"accept", "web-1"}), ExitCode::success);
  EXPECT_EQ(bench.run({"power", "web-1", "status"}), ExitCode::success);
  EXPECT_EQ(bench.console.output, "on\n");
  EXPECT_EQ(bench.run({"power", "web-1", "off"}), ExitCode::success);
  EXPECT_EQ(bench.run({"reboot", "--hardware-id", "web-1", "--boot-device", "bios"}), ExitCode::success);
  EXPECT_EQ(bench.orders.asked,
            (std::vector<std::string>{"window 30m0s", "window 0ms", "discover web-1", "accept web-1",
                                      "power web-1 1", "reboot web-1 true"}));
}

TEST(BmcRotateCommand, AsksForTheNameAndOrdersEach) {
  Bench bench;
  (void)bench.orders.add_workflow(bench.orders.add_asset("web-1"), "bmc-rotate");
  (void)bench.orders.add_asset("web-2");
  EXPECT_EQ(bench.run({"bmc", "rotate", "web-1"}), ExitCode::arguments) << "no terminal, no --yes";
  EXPECT_TRUE(bench.orders.asked.empty());
  EXPECT_EQ(bench.run({"bmc", "rotate", "web-1", "web-2", "--yes"}), ExitCode::success);
  EXPECT_EQ(bench.orders.asked, (std::vector<std::string>{"rotate web-1", "rotate web-2"}));
}

TEST(BmcPasswordCommand, ShowsBothWhileAChangeIsInDoubt) {
  Bench bench;
  (void)bench.orders.add_asset("web-1");
  EXPECT_EQ(bench.run({"bmc", "password", "web-1"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("of-now"), std::string::npos) << bench.console.output;
  EXPECT_EQ(bench.console.output.find("or "), std::string::npos);
  bench.orders.next_password = core::Secret("of-then");
  EXPECT_EQ(bench.run({"bmc", "password", "web-1"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("of-then"), std::string::npos) << bench.console.output;
  EXPECT_NE(bench.console.errors.find("one of the two"), std::string::npos);
  EXPECT_EQ(bench.run({"bmc", "password", "nobody"}), ExitCode::general);
}

TEST(EventsCommand, ListsThem) {
  Bench bench;
  bench.orders.all_events = {
      {EventSeq{1}, {"asset.updated", "a", *parse_utc("2026-11-20T18:00:00Z"), R"({"status":"available"})"}}};
  EXPECT_EQ(bench.run({"events"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("2026-11-20T18:00:00Z  asset.updated  a        available\n"),
            std::string::npos)
      << bench.console.output;
}

TEST(StatusCommand, ShowsTheAddressTheHostedSideAndWhatIsToMend) {
  Bench bench;
  bench.orders.shown_status.ready = true;
  EXPECT_EQ(bench.run({"status"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("not claimed yet"), std::string::npos) << bench.console.output;
  bench.more_status = {{"address", {{"ip", "10.1.1.5"}, {"interface", "vlan1001"}}},
                       {"hosted",
                        {{"mode", "locked-out"},
                         {"agent_id", "agent-7"},
                         {"acknowledged", 12},
                         {"problem", "hosted.key_refused"},
                         {"reason", "the hosted side answered 401: Invalid API key"}}},
                       {"findings", {"no Talos image", "changed, and in force only after a restart"}}};
  EXPECT_EQ(bench.run({"status"}), ExitCode::success);
  for (const auto* const line : {"10.1.1.5 on vlan1001\n", "locked-out, agent agent-7, has events up to 12\n",
                                 "hosted.key_refused: the hosted side answered 401: Invalid API key\n",
                                 "no Talos image\n", "in force only after a restart\n"}) {
    EXPECT_NE(bench.console.output.find(line), std::string::npos) << line << bench.console.output;
  }
}

TEST(StatusCommand, SaysThatTheStoreIsFullThoughBootsAreServed) {
  Bench bench;
  bench.orders.shown_status.ready = true;
  bench.orders.shown_status.store_full = Error{ErrorKind::exhausted, "store.full", "free space under /var"};
  EXPECT_EQ(bench.run({"status"}), ExitCode::general);
  EXPECT_NE(bench.console.output.find("store full\n"), std::string::npos) << bench.console.output;
  EXPECT_NE(bench.console.output.find("free space under /var\n"), std::string::npos);
}

TEST(StatusCommand, IsAFailureUntilReady) {
  Bench bench;
  EXPECT_EQ(bench.run({"status"}), ExitCode::general);
  EXPECT_NE(bench.console.output.find("starting\n"), std::string::npos) << bench.console.output;
  EXPECT_EQ(bench.run({"status", "--output", "json"}), ExitCode::general);
  EXPECT_EQ(Json::parse(bench.console.output)["ready"], false);
  bench.more_status = {{"findings", {"10.1.1.5 is in use by 02:00:00:00:00:99"}}};
  EXPECT_EQ(bench.run({"status"}), ExitCode::general);
  EXPECT_NE(bench.console.output.find("not ready\n"), std::string::npos) << bench.console.output;
  bench.orders.shown_status.ready = true;
  EXPECT_EQ(bench.run({"status"}), ExitCode::success);
  EXPECT_EQ(bench.run({"version"}), ExitCode::success);
  EXPECT_EQ(bench.run({"clusters"}), ExitCode::success);
  EXPECT_EQ(bench.run({"certificates"}), ExitCode::success);
}

TEST(Serving, WaitsUntilTheAddressIsHeldOrSaysWhoHasIt) {
  Bench bench;
  Session session{bench.timers, bench.console, bench.api, Output::table};
  std::optional<Result<std::string>> held;
  const auto wait = [](Session& s, std::optional<Result<std::string>>& out) -> Task<> {
    out = co_await wait_for_address(s);
  };
  bench.group.spawn("wait", wait(session, held));
  bench.timers.run_for(6s);
  EXPECT_FALSE(held);
  bench.more_status = {{"address", {{"ip", "10.1.1.5"}, {"interface", "vlan1001"}}}};
  bench.timers.run_for(1s);
  ASSERT_TRUE(held && *held);
  EXPECT_EQ(**held, "10.1.1.5 on vlan1001");

  bench.more_status = {
      {"address_problem", {{"code", "address.conflict"}, {"message", "in use by 02:00:00:00:00:99"}}}};
  held.reset();
  bench.group.spawn("wait", wait(session, held));
  bench.timers.run_for(1s);
  ASSERT_TRUE(held && !*held);
  EXPECT_EQ(held->error().code, "address.conflict");
  EXPECT_NE(held->error().message.find("02:00:00:00:00:99"), std::string::npos);

  bench.more_status = Json::object();
  held.reset();
  bench.group.spawn("wait", wait(session, held));
  bench.timers.run_for(1min);
  ASSERT_TRUE(held && !*held);
  EXPECT_EQ(held->error().code, "address.late");
}

TEST(LeasesCommand, ShowsWhoHasWhichAddress) {
  Bench bench;
  EXPECT_EQ(bench.run({"leases"}), ExitCode::success);
  EXPECT_NE(bench.console.errors.find("dhcp.mode: proxy"), std::string::npos) << bench.console.errors;
  const auto lease = [](const char* address, const char* state) {
    return Json{{"address", address},
                {"mac", "52:54:00:00:00:01"},
                {"state", state},
                {"stage", "ipxe"},
                {"expires", "2026-11-20T19:00:00.000Z"},
                {"hostname", "web-1"}};
  };
  bench.leases = {{"mode", "server"},
                  {"leases", {lease("10.1.1.9", "bound"), lease("10.1.1.10", "expired")}}};
  EXPECT_EQ(bench.run({"leases"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("10.1.1.9 "), std::string::npos) << bench.console.output;
  EXPECT_EQ(bench.console.output.find("10.1.1.10"), std::string::npos);
  EXPECT_EQ(bench.run({"leases", "--all"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("10.1.1.10"), std::string::npos);
  bench.more_status = {
      {"dhcp", {{"mode", "server"}, {"stage", "serving"}, {"leased", 1}, {"addresses", 91}}}};
  EXPECT_EQ(bench.run({"status"}), ExitCode::general);
  EXPECT_NE(bench.console.output.find("serving, 1 of 91 addresses leased"), std::string::npos);
}

TEST(CertificatesCommand, ShowsOneRowForEachDiskOfARecord) {
  Bench bench;
  workflows::WipeRecordRow record;
  record.record_json =
      R"({"result":{"disks":[{"disk":{"id":{"serial":"S64FNE0R1","wwn":""},"size_bytes":16000000000},)"
      R"("verdict":"erased","method":"discard","bytes_read_back":1600000000}]}})";
  record.asset = bench.orders.add_asset("a-server-with-a-long-name-0001").id;
  record.workflow = *WorkflowId::parse("2f1c9a70-0000-4000-8000-000000000001");
  bench.orders.all_wipe_records.push_back(record);
  EXPECT_EQ(bench.run({"certificates"}), ExitCode::success);
  EXPECT_NE(bench.console.output.find("S64FNE0R1"), std::string::npos);
  EXPECT_NE(bench.console.output.find("erased"), std::string::npos);
  for (const auto* const whole : {"a-server-with-a-long-name-0001", "1.6 GB, 10 %", "2f1c9a70"}) {
    EXPECT_NE(bench.console.output.find(whole), std::string::npos) << whole << "\n" << bench.console.output;
  }
}
