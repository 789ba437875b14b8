// The pure rules: tokens, identity, which disks, the fence, who gets a config.

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "drivers/scout/disk_names.hpp"
#include "workflows/assets/identity.hpp"
#include "workflows/boot/boot_ladder.hpp"
#include "workflows/boot/tokens.hpp"
#include "workflows/config/config_delivery.hpp"
#include "workflows/desk/machine_config.hpp"
#include "workflows/desk/wipe_budget.hpp"
#include "workflows/wipe/wipe_plan.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;
namespace scout = drivers::scout;

namespace {

scout::Disk disk(const std::string& serial, std::uint64_t size = 1'000'204'886'016) {
  scout::Disk made;
  made.id = {serial, "naa." + serial};
  made.model = "M";
  made.size_bytes = size;
  return made;
}

scout::Inventory inventory_of(std::vector<scout::Disk> disks) {
  scout::Inventory inventory;
  inventory.disks = std::move(disks);
  return inventory;
}

struct Fence {
  IntentRow intent;
  scout::Redemption redemption;
  core::Epoch epoch{7};
};

Fence fence(std::vector<scout::Disk> disks) {
  core::SeededRandom random(1);
  Fence made;
  made.intent.workflow = core::WorkflowId(random.uuid());
  made.intent.act = "wipe";
  made.intent.attempt.value = 2;
  made.intent.epoch = made.epoch;
  made.intent.token_hash = core::sha256("token");
  made.intent.detail_json = to_text(WipeDetail{disks, {scout::WipeMethod::discard}, 100});
  made.redemption = {made.intent.workflow, made.intent.attempt, made.epoch, "token", std::move(disks)};
  return made;
}

std::string verdict(const Fence& given) {
  const auto checked = check_redemption(given.redemption, given.intent, given.epoch);
  return checked ? "" : checked.error().code;
}

}  // namespace

TEST(Tokens, TheHmacIsThatOfRfc4231) {
  EXPECT_EQ(hmac_sha256(std::string(20, '\x0b'), core::as_bytes("Hi There")).to_string(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256("Jefe", core::as_bytes("what do ya want for nothing?")).to_string(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'),
                        core::as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))
                .to_string(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Tokens, ABootTokenSaysWhatItWasMadeForAndNothingElseIsBelieved) {
  core::SeededRandom random(3);
  Tokens tokens;
  tokens.set_key(core::Secret("key"));
  const BootClaims claims{
      core::MacAddress({2, 0, 0, 0, 0, 1}), core::IntentId(random.uuid()), 1'763'596'800'042, {7}};
  const std::string token = tokens.boot(claims);
  EXPECT_EQ(tokens.verify_boot(token), claims);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(tokens.verify_boot(forged)) << i;
    EXPECT_FALSE(tokens.verify_boot(std::string_view(token).substr(0, i))) << i;
  }
  EXPECT_FALSE(tokens.verify_boot(token + "00"));
  Tokens others;
  others.set_key(core::Secret("other key"));
  EXPECT_FALSE(others.verify_boot(token));
  EXPECT_NE(tokens.of_intent("wipe", claims.intent), tokens.of_intent("config", claims.intent));
}

TEST(Identity, WhatVendorsLeaveUnsetIdentifiesNothing) {
  for (const char* const serial : {"To Be Filled By O.E.M.", "Default string", "0000000000", "", "N/A", "x",
                                   "System Serial Number", "................"}) {
    EXPECT_FALSE(is_usable_serial(serial)) << serial;
  }
  EXPECT_TRUE(is_usable_serial("CZJ1234ABC"));
  for (const char* const uuid :
       {"00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009"}) {
    EXPECT_FALSE(is_usable_uuid(*core::Uuid::parse(uuid))) << uuid;
  }
  EXPECT_TRUE(is_usable_uuid(*core::Uuid::parse("4c4c4544-0051-3410-8051-b5c04f4b4c31")));
}

TEST(Identity, SurvivesItsTextForm) {
  Identity identity;
  identity.macs = {core::MacAddress({2, 0, 0, 0, 0, 1}), core::MacAddress({2, 0, 0, 0, 0, 2})};
  identity.smbios_uuid = core::Uuid::parse("4c4c4544-0051-3410-8051-b5c04f4b4c31");
  identity.system_serial = "S1";
  identity.board_serial = "B1";
  identity.manufacturer = "Supermicro";
  identity.bmc_address = core::Ipv4Address::parse("10.1.0.9");
  identity.aliases = {"asset-42"};
  EXPECT_EQ(identity_from_text(to_text(identity)), identity);
  EXPECT_EQ(identity_from_text("not json"), Identity{});
}

TEST(Identity, NodesOfATwinChassisAreNotOneMachine) {
  Identity one;
  one.chassis_serial = "TWIN";
  one.macs = {core::MacAddress({2, 0, 0, 0, 0, 1})};
  Identity two = one;
  two.macs = {core::MacAddress({2, 0, 0, 0, 0, 2})};
  for (const auto& key : strong_keys(one)) {
    EXPECT_EQ(std::ranges::count(strong_keys(two), key), 0) << key;
  }
}

TEST(WipePlan, TakesEveryDiskThatIsNotRemovable) {
  scout::Disk stick = disk("USB1");
  stick.removable = true;
  const auto selection = select_disks(inventory_of({disk("A1"), stick, disk("B1")}), {});
  ASSERT_TRUE(selection);
  EXPECT_EQ(selection->disks.size(), 2U);
  EXPECT_EQ(selection->left_alone, std::vector{stick});
  EXPECT_TRUE(selection->covers_all);
  const auto named = select_disks(inventory_of({disk("A1"), disk("B1")}), {"naa.B1", "B1"});
  ASSERT_TRUE(named);
  EXPECT_EQ(named->disks, std::vector{disk("B1")});
  EXPECT_FALSE(named->covers_all);
}

// A SAS disk with 520-byte sectors is one.
TEST(WipePlan, AMachineWithADiskOfNoCapacityDoesNotCountAsEmpty) {
  const auto selection = select_disks(inventory_of({disk("A1"), disk("D1", 0)}), {});
  ASSERT_TRUE(selection);
  EXPECT_EQ(selection->disks, std::vector{disk("A1")});
  EXPECT_FALSE(selection->covers_all);
  ASSERT_EQ(selection->out_of_reach.size(), 1U);
  EXPECT_TRUE(selection->out_of_reach[0].contains("D1"));
  auto many = inventory_of({disk("A1")});
  many.more_disks = true;
  const auto some = select_disks(many, {});
  EXPECT_FALSE(some->covers_all);
  EXPECT_EQ(some->out_of_reach.size(), 1U);
}

TEST(WipePlan, CallsADiskByWhatIsItsOwn) {
  scout::Disk one = disk("NV1");
  one.id.wwn = "eui.01";
  scout::Disk two = disk("NV1");
  two.id.wwn = "eui.02";
  const auto all = inventory_of({one, two, disk("B1")});
  const auto selection = select_disks(all, {});
  ASSERT_TRUE(selection);
  EXPECT_EQ(selection->names, (std::vector<std::string>{"eui.01", "eui.02", "B1"}));
  const auto again = select_disks(all, selection->names);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->disks, selection->disks);
}

TEST(WipePlan, RefusesWhatCouldBeMistaken) {
  const auto code = [](std::vector<scout::Disk> disks, std::vector<std::string> names) {
    const auto selection = select_disks(inventory_of(std::move(disks)), names);
    return selection ? std::string() : selection.error().code;
  };
  scout::Disk nameless = disk("");
  nameless.id = {};
  scout::Disk locked = disk("C1");
  locked.read_only = true;
  scout::Disk stick = disk("USB1");
  stick.removable = true;
  scout::Disk second = disk("B1");
  second.id.serial = "A1";
  scout::Disk third = disk("C1");
  third.id.wwn = "naa.A1";
  EXPECT_EQ(code({}, {}), "wipe.no_disks");
  EXPECT_EQ(code({disk("A1")}, {"A2"}), "wipe.unknown_disk");
  EXPECT_EQ(code({disk("A1")}, {""}), "wipe.unknown_disk");
  EXPECT_EQ(code({disk("A1"), nameless}, {}), "wipe.disk_unidentified");
  EXPECT_EQ(code({disk("A1"), disk("A1")}, {}), "wipe.disk_ambiguous");
  EXPECT_EQ(code({disk("A1"), locked}, {}), "wipe.disk_read_only");
  EXPECT_EQ(code({disk("A1"), stick}, {"USB1"}), "wipe.disk_removable")
      << "scout would refuse it three times";
  EXPECT_EQ(code({disk("A1"), disk("D1", 0)}, {"D1"}), "wipe.disk_without_capacity");
  EXPECT_EQ(code({disk("A1"), second, third}, {}), "wipe.disk_ambiguous") << "no name of A1 is its own";
  EXPECT_FALSE(methods_for(scout::WipeLevel::purge));
}

TEST(WipeFence, LetsThroughOnlyWhatWasOrderedToTheLetter) {
  const Fence good = fence({disk("A1"), disk("B1")});
  EXPECT_EQ(verdict(good), "");
  const auto spoiled = [&good](auto spoil) {
    Fence bad = good;
    spoil(bad);
    return verdict(bad);
  };
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.token = "tokem"; }), "fence.token");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.attempt.value = 1; }), "fence.attempt");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.epoch.value = 6; }), "fence.epoch");
  EXPECT_EQ(spoiled([](Fence& f) { f.epoch.value = 8; }), "fence.epoch");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.workflow = {}; }), "fence.workflow");
  EXPECT_EQ(spoiled([](Fence& f) { f.intent.act = "boot_scout"; }), "fence.workflow");
  EXPECT_EQ(spoiled([](Fence& f) { f.intent.state = IntentState::failed; }), "fence.over");
  EXPECT_EQ(spoiled([](Fence& f) { f.intent.result_json = R"({"redeemed_at":"2026-11-20T00:00:00.000Z"})"; }),
            "fence.redeemed");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.disks.pop_back(); }), "fence.disks");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.disks.push_back(disk("C1")); }), "fence.disks");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.disks[0].size_bytes += 512; }), "fence.disks");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.disks[0].model = "N"; }), "fence.disks");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.disks[0].id.wwn.clear(); }), "fence.disks");
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.disks[1] = f.redemption.disks[0]; }), "fence.disks");
  // Where a disk is named may change from boot to boot.
  EXPECT_EQ(spoiled([](Fence& f) { f.redemption.disks[0].device = "sdz"; }), "");
}

TEST(WipeFence, NoTopologyLetsAnotherDiskThrough) {
  core::SeededRandom random(42);
  unsigned let_through = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<scout::Disk> machine;
    for (std::uint64_t i = 0, n = 1 + random.below(6); i < n; ++i) {
      // Few serials and sizes, so that near misses are common.
      machine.push_back(disk("S" + std::to_string(random.below(4)), 512 * (1000 + random.below(2))));
    }
    std::vector<scout::Disk> ordered, seen;
    for (const auto& one : machine) {
      if (random.below(2) == 0) ordered.push_back(one);
      if (random.below(2) == 0) seen.push_back(one);
    }
    if (ordered.empty()) continue;
    Fence given = fence(ordered);
    given.redemption.disks = seen;
    if (!verdict(given).empty()) continue;
    ++let_through;
    ASSERT_EQ(seen.size(), ordered.size());
    for (const auto& one : seen) {
      ASSERT_EQ(
          std::ranges::count_if(ordered, [&one](const auto& other) { return is_same_disk(one, other); }), 1);
    }
  }
  EXPECT_GT(let_through, 100U);
}

TEST(ConfigRule, OpensForTheBootedMachineAndClosesInTime) {
  const auto me = *core::Ipv4Address::parse("10.0.0.9");
  const auto other = *core::Ipv4Address::parse("10.0.0.10");
  const core::BootTime start{100h};
  DeliveryState fresh;
  fresh.intended = start;
  fresh.awaited = true;
  fresh.is_boot_peer = true;
  const auto code = [](const DeliveryState& state, core::Ipv4Address peer, core::BootTime now) {
    const auto allowed = may_fetch(state, peer, now);
    return allowed ? std::string() : allowed.error().code;
  };
  EXPECT_EQ(code(fresh, me, start + 1min), "");
  const auto with = [&fresh](auto change) {
    DeliveryState state = fresh;
    change(state);
    return state;
  };
  EXPECT_EQ(code(with([](auto& s) { s.awaited = false; }), me, start), "config.not_awaited");
  EXPECT_EQ(code(with([](auto& s) { s.is_boot_peer = false; }), other, start), "config.other_peer");
  EXPECT_EQ(code(with([](auto& s) { s.over = true; }), me, start), "config.over");
  EXPECT_EQ(code(fresh, me, start + 3h), "config.expired");
  const DeliveryState delivered = with([&](auto& s) {
    s.peer = me;
    s.last_complete = start + 10min;
    s.awaited = false;
  });
  EXPECT_EQ(code(delivered, me, start + 24min), "");
  EXPECT_EQ(code(delivered, me, start + 25min), "config.expired");
  EXPECT_EQ(code(delivered, other, start + 11min), "config.other_peer");
  DeliveryState ended = delivered;
  ended.checked_in = true;
  EXPECT_EQ(code(ended, me, start + 11min), "config.checked_in");
  ended = delivered;
  ended.powered_off = true;
  EXPECT_EQ(code(ended, me, start + 11min), "config.powered_off");
}

namespace {

/// A machine config with this selector; the code of the refusal, or what became of the config after
/// `machine:`.
std::string finish(std::string_view machine, const InstallParts& parts = {},
                   const drivers::scout::Inventory* inventory = nullptr) {
  const std::string head = "version: v1alpha1\nmachine:\n";
  const auto result = finish_machine_config(core::Secret(head + std::string(machine)), parts, inventory);
  return result ? std::string(result->reveal().substr(head.size())) : result.error().code;
}

}  // namespace

TEST(MachineConfig, TheInstallDiskIsFilledIn) {
  const auto inventory = inventory_of({disk("A1"), disk("B 1")});
  const InstallParts parts{*install_disk(inventory, "A1", ""), {}};
  EXPECT_EQ(
      finish("  install: { diskSelector: { serial: '${install_disk_serial}', wwid: ${install_disk_wwid} } }",
             parts, &inventory),
      "  install: { diskSelector: { serial: 'A1', wwid: naa.A1 } }");
  EXPECT_EQ(finish("  install: { diskSelector: { serial: A1, type: nvme } }", parts, &inventory),
            "  install: { diskSelector: { serial: A1, type: nvme } }")
      << "whoever writes the disk's own name needs no mark";
}

TEST(MachineConfig, TheInstallDiskIsRefusedUnlessTheSelectorNamesIt) {
  const auto inventory = inventory_of({disk("A1"), disk("B 1"), disk("null")});
  const auto code = [&](const char* wanted, std::string_view machine) {
    const auto chosen = install_disk(inventory, wanted, "");
    return chosen ? finish(machine, {*chosen, {}}, &inventory) : chosen.error().code;
  };
  constexpr std::string_view asking = "  install: { diskSelector: { serial: '${install_disk_serial}' } }";
  EXPECT_EQ(code("", asking), "provision.disk_not_given");
  EXPECT_EQ(code("", "  install: { diskSelector: { serial: ${install_disk_serial} } }"),
            "provision.disk_not_given")
      << "also where the mark, without quotes, is no YAML";
  EXPECT_EQ(code("C1", asking), "provision.unknown_disk");
  EXPECT_EQ(code("B 1", asking), "provision.disk_unnamed");
  EXPECT_EQ(code("null", asking), "provision.disk_unnamed");
  for (const char* elsewhere : {
           "  type: worker",
           "  install: { disk: /dev/sda } # was: ${install_disk_serial}",
           "  install: { diskSelector: { type: nvme } }\n  nodeLabels: { disk: '${install_disk_serial}' }",
           "  install: { diskSelector: { serial: B1 } }\n  nodeLabels: { disk: '${install_disk_serial}' }",
           "  install: { diskSelector: { serial: '${install_disk_serial}', wwid: naa.B1 } }",
           "  install: { diskSelector: [serial, '${install_disk_serial}'] }",
           "  install: { diskSelector: { model: '${install_disk_serial}' } }",
           "  install: { diskSelector: { serial: null } } # ${install_disk_serial}",
       }) {
    EXPECT_EQ(code("A1", elsewhere), "provision.disk_not_used") << elsewhere;
  }
  EXPECT_EQ(code("A1", "  install: &i { diskSelector: { serial: '${install_disk_serial}' } }\nother: *i"),
            "provision.config_not_followed")
      << "what is not read cannot be seen to name the disk";
  EXPECT_EQ(code("", "  type: worker # without --disk: ${install_disk_serial}"),
            "  type: worker # without --disk: ${install_disk_serial}");
}

TEST(MachineConfig, AnInstallDiskThatCouldBeAnotherIsRefused) {
  auto twins = inventory_of({disk("A1"), disk("A1")});
  twins.disks[1].id.wwn = "naa.other";
  const InstallParts parts{twins.disks[0], {}};
  EXPECT_EQ(finish("  install: { diskSelector: { serial: '${install_disk_serial}' } }", parts, &twins),
            "provision.disk_ambiguous")
      << "Talos takes the first disk that has this serial";
  EXPECT_EQ(
      finish("  install: { diskSelector: { serial: 'A1', wwid: '${install_disk_wwid}' } }", parts, &twins),
      "  install: { diskSelector: { serial: 'A1', wwid: 'naa.A1' } }");
  auto pattern = inventory_of({disk("A*")});
  EXPECT_EQ(finish("  install: { diskSelector: { serial: 'A*' } }", {pattern.disks[0], {}}, &pattern),
            "provision.disk_unnamed");
}

TEST(MachineConfig, WhatIsTooLargeOrEmptyIsRefused) {
  EXPECT_EQ(finish_machine_config(core::Secret(""), {}, nullptr).error().code, "provision.config_empty");
  EXPECT_EQ(finish(std::string(max_machine_config, 'x')), "provision.config_too_large");
}

TEST(MachineConfig, TheNicsAreFilledInOrRefused) {
  std::vector<drivers::scout::Nic> two(2);
  two[0].mac = core::MacAddress({2, 0, 0, 0, 0, 1});
  two[1].mac = core::MacAddress({2, 0, 0, 0, 0, 2});
  EXPECT_EQ(finish("  bond: [${install_nic_2_mac}, ${install_nic_mac}]", {std::nullopt, two}),
            "  bond: [02:00:00:00:00:02, 02:00:00:00:00:01]")
      << "without quotes, in flow style, it is no YAML until it is filled in";
  EXPECT_EQ(finish("  bond: ['${install_nic_2_mac}', '${install_nic_mac}'] # ${install_nic_mac}",
                   {std::nullopt, two}),
            "  bond: ['02:00:00:00:00:02', '02:00:00:00:00:01'] # 02:00:00:00:00:01");
  EXPECT_EQ(finish("  bond: ['${install_nic_2_mac}', '${install_nic_mac}']", {std::nullopt, {two[0]}}),
            "provision.nic_not_given");
  EXPECT_EQ(finish("  bond: '${install_nic_mac}'"), "provision.nic_not_given");
  EXPECT_EQ(finish("  bond: '${install_nic_mac}'", {std::nullopt, two}), "provision.nic_not_used");
  EXPECT_EQ(finish("  bond: none # ${install_nic_mac}", {std::nullopt, {two[0]}}), "provision.nic_not_used");
}

TEST(MachineConfig, AMarkThatStandsForNothingIsRefusedAndNotHandedOn) {
  for (const char* slip : {"${install_disk_wwn}", "${install_nic_9_mac}", "${install_nic_ token: secret"}) {
    const auto text = fmt::format("version: v1alpha1\nmachine: {{a: '{}'}}", slip);
    const auto refused = finish_machine_config(core::Secret(text), {}, nullptr);
    ASSERT_FALSE(refused) << slip;
    EXPECT_EQ(refused.error().code, "provision.mark_unknown") << slip;
    EXPECT_NE(refused.error().message.find("${install_"), std::string::npos) << refused.error().message;
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos) << "it goes into answers and logs";
  }
  EXPECT_EQ(finish("  a: '${install_dir}'"), "  a: '${install_dir}'")
      << "what a script of the operator's says is not ours";
}

TEST(MachineConfig, WhatNoNodeWouldTakeIsRefused) {
  const auto code = [](std::string_view config) {
    const auto result = finish_machine_config(core::Secret(config), {}, nullptr);
    return result ? std::string() : result.error().code;
  };
  EXPECT_EQ(code("foo: bar\n"), "provision.config_not_talos");
  EXPECT_EQ(code("version: v1alpha1\n"), "provision.config_not_talos");
  EXPECT_EQ(code("version: v1alpha1\nmachine: {\n"), "provision.config_not_yaml");
  EXPECT_EQ(code("apiVersion: v1alpha1\nkind: LinkConfig\n---\nversion: v1alpha1\nmachine: {}\n"), "");
  // Anchors are the node's to follow.
  EXPECT_EQ(code("version: v1alpha1\nmachine: &m {}\nother: *m\n"), "");
}

TEST(WipeBudget, ForgetsAfterAnHourAndNotBefore) {
  const core::UtcTime start = *core::parse_utc("2026-11-20T00:00:00Z");
  std::string journaled;
  for (int i = 0; i < 3; ++i) journaled = with_one_more_wipe(journaled, start + 10min * i);
  EXPECT_EQ(wipes_within_hour(journaled, start + 59min), 3U);
  EXPECT_EQ(wipes_within_hour(journaled, start + 61min), 2U);
  EXPECT_EQ(wipes_within_hour(journaled, start - 10h), 3U);  // a clock that jumped back frees nothing
  EXPECT_EQ(wipes_within_hour("junk", start), 0U);
}

TEST(BootLadder, BeginsWithWhatWorkedAndHasEachRungOnce) {
  using drivers::BootFirmware;
  const auto texts = [](const std::vector<BootRung>& rungs) {
    std::string out;
    for (const auto& rung : rungs) out += to_text(rung) + " ";
    return out;
  };
  EXPECT_EQ(texts(boot_ladder(BootFirmware::efi)), "once/efi once/legacy persistent/efi persistent/legacy ");
  EXPECT_EQ(texts(boot_ladder(BootFirmware::legacy, parse_boot_rung("persistent/legacy"))),
            "persistent/legacy once/legacy once/efi persistent/efi ");
  const auto with_reset = boot_ladder(BootFirmware::efi, {}, RungBefore::bmc_reset);
  EXPECT_EQ(texts(with_reset), "once/efi once/legacy persistent/efi persistent/legacy once/efi/reset ");
  EXPECT_EQ(parse_boot_rung("once/efi/reset"), with_reset.back());
  EXPECT_EQ(describe(with_reset.back()), "one-time EFI after a reset of the BMC");
  EXPECT_FALSE(parse_boot_rung("once"));
  EXPECT_EQ(model_of({}), "") << "what says nothing of itself is no model";
}
