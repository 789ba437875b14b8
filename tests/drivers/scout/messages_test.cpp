#include "drivers/scout/messages.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

using namespace colony;
using namespace colony::drivers::scout;
using core::Json;
using testing::HasSubstr;

namespace {

// What docs/wire/scout.md shows: the golden texts.
constexpr std::string_view hello_text = R"({"boot_mac":"52:54:00:12:34:56","scout_version":"0.1.0"})";

constexpr std::string_view disk_text =
    R"({"content":"gpt","device":"nvme0n1","id":{"serial":"S64FNE0R1","wwn":"eui.0025385b11b00e2f"},)"
    R"("logical_block_bytes":512,"model":"SAMSUNG MZQL2960","physical_block_bytes":4096,"read_only":false,)"
    R"("removable":false,"rotational":false,"size_bytes":960197124096,"transport":"nvme"})";

std::string inventory_text() {
  return R"({"bmc":{"address":"10.1.1.20","firmware_revision":"2.49","mac":"0c:c4:7a:00:00:01",)"
         R"("system_guid":"00112233-4455-6677-8899-aabbccddeeff"},"boot_firmware":"bios",)"
         R"("boot_mac":"52:54:00:12:34:56","cpu":{"cores":8,"model":"AMD EPYC 7313P","sockets":1,"threads":16},)"
         R"("disks":[)" +
         std::string(disk_text) +
         R"(],"memory_bytes":68719476736,"nics":[{"driver":"ixgbe","link_up":true,"mac":"52:54:00:12:34:56",)"
         R"("name":"enp1s0","pci_address":"0000:01:00.0","speed_mbps":10000}],)"
         R"("smbios":{"bios_version":"3.4","board_serial":"B1","chassis_serial":"C1","manufacturer":"Supermicro",)"
         R"("product":"X11DPi","serial":"S1","uuid":"00112233-4455-6677-8899-aabbccddeeff"}})";
}

const std::string fence_text = R"("attempt":1,"epoch":7,"workflow":"9f3c2b1a-0000-4000-8000-0123456789ab")";
constexpr std::string_view token_text = R"("token":"0123456789abcdef0123456789abcdef")";

std::string order_text() {
  return R"({"disks":[)" + std::string(disk_text) + R"(],"methods":["discard","overwrite"],"order":"wipe",)" +
         std::string(token_text) + R"(,"verify_permille":100,)" + fence_text + "}";
}

std::string redemption_text() {
  return R"({"disks":[)" + std::string(disk_text) + "]," + std::string(token_text) + "," + fence_text + "}";
}

constexpr std::string_view progress_text =
    R"({"disk":{"serial":"S64FNE0R1","wwn":""},"percent":40,"phase":"verify"})";

std::string result_text() {
  return R"({"disks":[{"bytes_read_back":96019712512,"bytes_covered":960197124096,"disk":)" +
         std::string(disk_text) +
         R"(,"ended_at":"2026-11-20T18:05:00.000Z","error":"","method":"discard","sample_digest":)"
         R"("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","sample_seed":"00000000deadbeef",)"
         R"("samples":2002,"started_at":"2026-11-20T18:03:00.000Z","verdict":"erased"}],"fence_refused":false,)" +
         fence_text + "}";
}

Json parse(std::string_view text) {
  auto json = core::parse_json(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : Json();
}

/// Decodes and encodes again; the error's message when it was refused.
template <class Message>
std::string round_trip(core::Result<Message> (*decode)(const Json&), const Json& json) {
  const auto message = decode(json);
  if (!message) {
    EXPECT_EQ(message.error().kind, core::ErrorKind::invalid_input);
    EXPECT_TRUE(message.error().code.starts_with("scout."));
    return message.error().message;
  }
  EXPECT_EQ(to_json(*message), json);
  return "ok";
}

/// Every member taken away, and every member replaced by values of other types: accepted or refused by name,
/// never a crash. Recurses into objects and lists.
template <class Message>
void torment(core::Result<Message> (*decode)(const Json&), const Json& whole,
             const Json::json_pointer& at = Json::json_pointer()) {
  const Json& here = whole.at(at);
  const std::vector<Json> strange = {nullptr,       -1,
                                     1.5,           "",
                                     "x\ny",        std::string(5000, 'a'),
                                     Json::array(), Json::object(),
                                     true,          18446744073709551615ULL};
  for (const Json& value : strange) {
    Json changed = whole;
    changed[at] = value;
    const auto message = decode(changed);
    if (!message) EXPECT_FALSE(message.error().message.empty());
  }
  if (here.is_object()) {
    for (const auto& [key, value] : here.items()) {
      Json changed = whole;
      changed[at].erase(key);
      (void)decode(changed);
      torment(decode, whole, at / key);
    }
  } else if (here.is_array()) {
    for (std::size_t i = 0; i < here.size(); ++i) torment(decode, whole, at / i);
  }
}

template <class Message>
std::string changed(core::Result<Message> (*decode)(const Json&), std::string_view text,
                    std::string_view pointer, const Json& value) {
  Json json = parse(text);
  json[Json::json_pointer(std::string(pointer))] = value;
  const auto message = decode(json);
  return message ? "ok" : message.error().message;
}

}  // namespace

TEST(ScoutMessages, GoldenTextsSurviveARoundTrip) {
  EXPECT_EQ(round_trip(decode_hello, parse(hello_text)), "ok");
  EXPECT_EQ(round_trip(decode_disk, parse(disk_text)), "ok");
  EXPECT_EQ(round_trip(decode_inventory, parse(inventory_text())), "ok");
  EXPECT_EQ(round_trip(decode_order, parse(order_text())), "ok");
  EXPECT_EQ(round_trip(decode_redemption, parse(redemption_text())), "ok");
  EXPECT_EQ(round_trip(decode_progress, parse(progress_text)), "ok");
  EXPECT_EQ(round_trip(decode_wipe_result, parse(result_text())), "ok");
  for (const auto* order : {R"({"order":"idle"})", R"({"order":"power-off"})", R"({"order":"reboot"})"}) {
    EXPECT_EQ(round_trip(decode_order, parse(order)), "ok");
  }
}

TEST(ScoutMessages, EncodingIsTheGoldenText) {
  const auto inventory = decode_inventory(parse(inventory_text()));
  ASSERT_TRUE(inventory);
  EXPECT_EQ(core::dump_json(to_json(*inventory)), inventory_text());
}

TEST(ScoutMessages, OptionalMembersMayBeAbsent) {
  Json json = parse(inventory_text());
  json.erase("bmc");
  json["smbios"].erase("uuid");
  json["nics"][0].erase("speed_mbps");
  json["disks"] = Json::array();
  EXPECT_EQ(round_trip(decode_inventory, json), "ok");
}

TEST(ScoutMessages, UnknownMembersAreIgnored) {
  Json json = parse(hello_text);
  json["later"] = 1;
  EXPECT_TRUE(decode_hello(json));
}

TEST(ScoutMessages, EveryStrangeValueIsRefusedCleanly) {
  torment(decode_hello, parse(hello_text));
  torment(decode_disk, parse(disk_text));
  torment(decode_inventory, parse(inventory_text()));
  torment(decode_order, parse(order_text()));
  torment(decode_redemption, parse(redemption_text()));
  torment(decode_progress, parse(progress_text));
  torment(decode_wipe_result, parse(result_text()));
}

TEST(ScoutMessages, FaultsNameTheMember) {
  EXPECT_THAT(changed(decode_inventory, inventory_text(), "/disks/0/id", 1),
              HasSubstr("disks[0].id is not an object"));
  EXPECT_THAT(changed(decode_inventory, inventory_text(), "/nics/0/mac", "ff:ff:ff:ff:ff:ff"),
              HasSubstr("nics[0].mac is not the MAC address of one machine"));
  EXPECT_THAT(changed(decode_hello, hello_text, "/scout_version", "a\nb"), HasSubstr("scout_version"));
  EXPECT_THAT(changed(decode_disk, disk_text, "/size_bytes", 513), HasSubstr("not a multiple"));
  EXPECT_THAT(changed(decode_disk, disk_text, "/logical_block_bytes", 520), HasSubstr("power of two"));
  EXPECT_THAT(changed(decode_inventory, inventory_text(), "/boot_firmware", "coreboot"),
              HasSubstr("bios nor efi"));
  EXPECT_THAT(changed(decode_inventory, inventory_text(), "/bmc/address", "10.1.1"),
              HasSubstr("bmc.address"));
  EXPECT_THAT(changed(decode_progress, progress_text, "/phase", "dancing"), HasSubstr("phase"));
  EXPECT_THAT(changed(decode_progress, progress_text, "/percent", 101), HasSubstr("percent"));
}

TEST(ScoutMessages, ListsAreBounded) {
  Json json = parse(inventory_text());
  const Json disk = json["disks"][0];
  while (json["disks"].size() < max_disks) json["disks"].push_back(disk);
  EXPECT_TRUE(decode_inventory(json));
  json["disks"].push_back(disk);
  EXPECT_FALSE(decode_inventory(json));
}

TEST(ScoutMessages, AnOrderNamesEachDiskOnceAndByAStrongName) {
  Json json = parse(order_text());
  json["disks"].push_back(json["disks"][0]);
  EXPECT_THAT(decode_order(json).error().message, HasSubstr("names a disk twice"));
  EXPECT_THAT(changed(decode_order, order_text(), "/disks/0/id", Json({{"serial", ""}, {"wwn", ""}})),
              HasSubstr("without serial and WWN"));
  EXPECT_THAT(changed(decode_order, order_text(), "/disks", Json::array()), HasSubstr("disks"));
}

TEST(ScoutMessages, AnOrderIsRefusedWhenItSaysNothingUseful) {
  EXPECT_THAT(changed(decode_order, order_text(), "/methods", Json::array({"discard", "discard"})),
              HasSubstr("names a method twice"));
  EXPECT_THAT(changed(decode_order, order_text(), "/methods", Json::array({"hammer"})), HasSubstr("methods"));
  EXPECT_THAT(changed(decode_order, order_text(), "/verify_permille", 0), HasSubstr("verify_permille"));
  EXPECT_THAT(changed(decode_order, order_text(), "/token", "short"), HasSubstr("token"));
  EXPECT_THAT(changed(decode_order, order_text(), "/attempt", 0), HasSubstr("attempt"));
  EXPECT_THAT(changed(decode_order, order_text(), "/order", "dance"), HasSubstr("order"));
}

TEST(ScoutMessages, NoDiskIsErasedWithoutAMethodAFullWriteAndAReadBack) {
  Json no_method = parse(result_text());
  no_method["disks"][0].erase("method");
  EXPECT_THAT(decode_wipe_result(no_method).error().message, HasSubstr("no method"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/samples", 0), HasSubstr("read back"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/bytes_read_back", 0),
              HasSubstr("read back"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/sample_digest", ""),
              HasSubstr("read back"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/bytes_covered", 512),
              HasSubstr("in full"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/error", "EIO"),
              HasSubstr("an error is given"));
}

TEST(ScoutMessages, AVerdictThatContradictsItselfIsRefused) {
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/verdict", "failed"),
              HasSubstr("no error"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/verdict", "not-started"),
              HasSubstr("bytes were erased"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/disks/0/verdict", "probably"),
              HasSubstr("none of erased"));
  EXPECT_THAT(changed(decode_wipe_result, result_text(), "/fence_refused", true), HasSubstr("was started"));
}

TEST(ScoutInventory, TellsAllThatAMachineIsMadeOf) {
  auto decoded = decode_inventory(parse(inventory_text()));
  ASSERT_TRUE(decoded);
  Inventory inventory = *decoded;
  EXPECT_TRUE(inventory.dimms.empty());
  EXPECT_FALSE(inventory.disks.at(0).hidden);
  inventory.cpu.architecture = "x86_64";
  inventory.cpu.flags = {"aes", "avx2"};
  inventory.dimms = {{.locator = "A1",
                      .size_bytes = 16ULL << 30,
                      .speed_mts = 3200,
                      .type = "DDR4",
                      .manufacturer = "Samsung",
                      .part = "M393",
                      .serial = "03A5"}};
  inventory.devices = {{.address = "0000:af:00.0",
                        .device_class = 0x030200,
                        .vendor = 0x10de,
                        .device = 0x20b5,
                        .subsystem_vendor = 0x10de,
                        .subsystem_device = 1,
                        .driver = "nvidia"}};
  inventory.tpm = Tpm{.version = "2.0", .manufacturer = "IFX", .firmware = "7.85"};
  inventory.more_disks = true;
  inventory.nics.at(0).firmware = "14.32";
  inventory.nics.at(0).lldp = LldpNeighbour{.chassis_id = "00:1c:73:01:02:00",
                                            .port_id = "Ethernet12",
                                            .port_description = "rack 7",
                                            .system_name = "leaf-7a",
                                            .vlan = 1001,
                                            .heard_at = "2026-11-20T18:05:00.000Z"};
  Disk& disk = inventory.disks.at(0);
  disk.firmware = "GDC5";
  disk.paths = {"sdb"};
  disk.raid = "megaraid_sas";
  disk.erase = {EraseAbility::discard, EraseAbility::ata_security_frozen, EraseAbility::nvme_format_crypto};
  disk.secure_erase_minutes = 2;
  disk.enhanced_erase_minutes = 4;
  disk.hidden = HiddenCapacity{.host_protected_bytes = 1, .configuration_bytes = 2, .unallocated_bytes = 3};
  disk.health = DiskHealth{.verdict = HealthVerdict::warning,
                           .reason = "worn",
                           .percentage_used = 101,
                           .temperature_celsius = 40,
                           .power_on_hours = 7,
                           .media_errors = 8};
  const Json json = to_json(inventory);
  const auto again = decode_inventory(json);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), json);
  EXPECT_EQ(again->disks, inventory.disks);
  EXPECT_EQ(again->nics.at(0).lldp, inventory.nics.at(0).lldp);
  EXPECT_EQ(again->cpu.flags, inventory.cpu.flags);
}

TEST(ScoutInventory, PassesOverEraseWordsOfANewerScout) {
  Json json = parse(inventory_text());
  json["disks"][0]["erase"] = {"discard", "magnet"};
  const auto decoded = decode_inventory(json);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->disks.at(0).erase, std::vector{EraseAbility::discard});
}

TEST(ScoutInventory, RefusesMoreThanAMachineCanHave) {
  Json json = parse(inventory_text());
  json["dimms"] = Json::array();
  for (std::size_t i = 0; i <= max_dimms; ++i) json["dimms"].push_back({{"size_bytes", 1}, {"speed_mts", 1}});
  EXPECT_FALSE(decode_inventory(json));
  json.erase("dimms");
  json["disks"][0]["health"] = {{"verdict", "splendid"}};
  EXPECT_FALSE(decode_inventory(json));
}
