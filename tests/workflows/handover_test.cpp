// The hand-over to the local disk, as a script over boots.

#include "workflows/boot/handover.hpp"

#include <chrono>

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;
using pxe::LocalHandover;

namespace {

// exit() is libc's.
constexpr auto leave = LocalHandover::exit, sanboot = LocalHandover::sanboot,
               not_found = LocalHandover::not_found;
const core::MacAddress nic({2, 0, 0, 0, 0, 1});
const core::MacAddress second_nic({2, 0, 0, 0, 0, 2});
// A self-test of 60 s and a firmware that tries a disk for 30 s.
const HandoverPatience patience = handover_patience(30s, 15min, 60s);

struct Site {
  HandoverTrail trail;
  core::UtcTime now{1'000'000s};
  std::vector<std::string> notes = {};
  std::vector<LocalHandover> worked = {};

  HandoverTrail::News fact(core::Fact what, core::MacAddress mac = nic) {
    core::Evidence seen;
    seen.mac = mac;
    seen.at = now;
    seen.fact = std::move(what);
    auto news = trail.on_fact(seen, patience);
    if (news.note) notes.push_back(news.note->code);
    if (news.worked) worked.push_back(*news.worked);
    return news;
  }
  /// Asks through its firmware's PXE and iPXE, and is sent to its disk: by which way.
  LocalHandover boot(core::Duration later, core::MacAddress mac = nic,
                     core::ClientArch arch = core::ClientArch::bios_x86,
                     core::BootStage stage = core::BootStage::firmware_pxe) {
    now += std::chrono::duration_cast<std::chrono::milliseconds>(later);
    (void)fact(core::DhcpSeen{arch, stage, true}, mac);
    (void)fact(core::DhcpSeen{core::ClientArch::bios_x86, core::BootStage::ipxe, true}, mac);
    const LocalHandover given = trail.way();
    (void)fact(core::ScriptServed{"local-disk"}, mac);
    return given;
  }
  void system_up(core::Duration later) {
    now += std::chrono::duration_cast<std::chrono::milliseconds>(later);
    (void)fact(core::SystemAsked{});
  }
  void off(core::Duration later) {
    now += std::chrono::duration_cast<std::chrono::milliseconds>(later);
    (void)fact(core::PowerObserved{core::PowerState::off});
  }
};

Site bios(LocalHandover first = leave) {
  return {HandoverTrail(FirmwareKind::bios, first, true)};
}

using Ways = std::vector<LocalHandover>;
using Codes = std::vector<std::string>;

}  // namespace

TEST(Handover, EachKindOfFirmwareHasItsWaysAndTheFirstGuessGoesFirst) {
  EXPECT_EQ(handover_ways(FirmwareKind::bios, leave, true), (Ways{leave, sanboot, not_found}));
  EXPECT_EQ(handover_ways(FirmwareKind::bios, not_found, true), (Ways{not_found, leave, sanboot}));
  EXPECT_EQ(handover_ways(FirmwareKind::efi, leave, true), (Ways{leave, not_found}));
  EXPECT_EQ(handover_ways(FirmwareKind::efi, sanboot, true), (Ways{leave, not_found}));
}

TEST(Handover, WhatBringsTheSystemUpIsProved) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_FALSE(site.trail.is_proved());
  site.system_up(40s);
  EXPECT_TRUE(site.trail.is_proved());
  EXPECT_EQ(site.worked, Ways{leave});
  EXPECT_TRUE(site.notes.empty()) << "what everybody expects is no news";
}

TEST(Handover, AMachineThatIsBackAtOnceIsSentTheNextWayUntilOneWorks) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(10s), sanboot);
  EXPECT_EQ(site.boot(80s), not_found) << "through a reset and its self-test";
  site.system_up(40s);
  EXPECT_EQ(site.notes, (Codes{"boot.handover_failed", "boot.handover_failed", "boot.handover_learnt"}));
  EXPECT_EQ(site.boot(48h), not_found) << "remembered";
}

TEST(Handover, WithoutASystemThatAsksStayingAwayIsProof) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(10s), sanboot);
  EXPECT_EQ(site.boot(10min), sanboot);
  EXPECT_TRUE(site.trail.is_proved());
}

TEST(Handover, EveryWayIsTriedOnceABootAndThenThatIsSaid) {
  Site site = bios(sanboot);
  EXPECT_EQ(site.boot(0s), sanboot);
  EXPECT_EQ(site.boot(10s), leave);
  EXPECT_EQ(site.boot(10s), not_found);
  EXPECT_EQ(site.boot(10s), sanboot) << "back to the first guess";
  EXPECT_EQ(site.boot(10s), sanboot);
  EXPECT_EQ(site.boot(10s), sanboot);
  EXPECT_EQ(site.notes, (Codes{"boot.handover_failed", "boot.handover_failed", "boot.handover_none"}));
  site.off(10s);
  EXPECT_EQ(site.boot(60s), sanboot);
  EXPECT_EQ(site.boot(10s), leave) << "a new boot, a new round: somebody may have put a disk in";
}

TEST(Handover, AWayThatWorkedIsGoneBackToWhenNoneWorksAnyMore) {
  Site site = bios();
  (void)site.boot(0s);
  (void)site.boot(10s);
  site.system_up(40s);
  ASSERT_EQ(site.trail.way(), sanboot);
  EXPECT_EQ(site.boot(1h), sanboot);
  EXPECT_EQ(site.boot(10s), leave);
  EXPECT_EQ(site.boot(10s), not_found);
  EXPECT_EQ(site.boot(10s), sanboot);
}

TEST(Handover, NeitherARestartOfTheSystemNorAnOrderedOffIsAFailure) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(2min), leave) << "between at once and surely gone nothing is certain";
  site.off(5s);
  EXPECT_EQ(site.boot(20s), leave);
  EXPECT_TRUE(site.notes.empty());
  EXPECT_FALSE(site.trail.is_proved());
}

TEST(Handover, AClockThatWasSetBackTellsNothing) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(-1h), leave);
}

TEST(Handover, AnotherNicOrProtocolIsTheNextBootDeviceAndNotAFailure) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(5s, second_nic), leave) << "in the boot order before the disk";
  EXPECT_EQ(site.boot(5s), sanboot) << "and round again";

  Site efi{HandoverTrail(FirmwareKind::efi, leave, true)};
  EXPECT_EQ(efi.boot(0s, nic, core::ClientArch::efi_x64), leave);
  EXPECT_EQ(efi.boot(5s, nic, core::ClientArch::efi_x64_http, core::BootStage::firmware_http), leave);
  EXPECT_EQ(efi.boot(5s, nic, core::ClientArch::efi_x64), not_found);
}

TEST(Handover, OneKindOfFirmwareSaysNothingAboutTheOther) {
  Site site{HandoverTrail(FirmwareKind::efi, leave, true)};
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(5s), leave);
  EXPECT_TRUE(site.notes.empty());
}

TEST(Handover, WithoutAKnownSelfTestOnlyWhatIsBackBeforeTheFirmwareGivesUpHasFailed) {
  const HandoverPatience unknown = handover_patience(30s, 15min, std::nullopt);
  EXPECT_EQ(unknown.at_once, 30s);
  EXPECT_EQ(unknown.gone, 15min);
}

TEST(Handover, ATrailSurvivesItsText) {
  Site site = bios();
  (void)site.boot(0s);
  (void)site.boot(10s);
  const auto kept = HandoverTrail::parse(FirmwareKind::bios, site.trail.to_text(), true);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->to_text(), site.trail.to_text());
  Site resumed{*kept, site.now};
  EXPECT_EQ(resumed.trail.way(), sanboot);
  EXPECT_EQ(resumed.boot(10s), not_found) << "the trial in hand goes on";
  EXPECT_FALSE(HandoverTrail::parse(FirmwareKind::bios, "", true));
  EXPECT_FALSE(HandoverTrail::parse(FirmwareKind::bios, R"({"way":"jump","best":"exit"})", true));
}

TEST(Handover, AfterAnInterruptedRoundTheNextWayIsTriedAndNotTheOneThatJustFailed) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(10s), sanboot);
  site.off(5s);  // nothing is known of sanboot
  EXPECT_EQ(site.boot(20s), sanboot);
  EXPECT_EQ(site.boot(10s), not_found);
  EXPECT_EQ(site.boot(10s), leave);
  EXPECT_EQ(site.boot(10s), leave);
  EXPECT_EQ(site.notes.back(), "boot.handover_none") << "after each had its turn";
  EXPECT_EQ(site.notes.size(), 4U);
}

TEST(Handover, AfterABootThatNobodyCouldJudgeTheRoundGoesOn) {
  Site site = bios();
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(10s), sanboot);
  EXPECT_EQ(site.boot(2min), sanboot) << "neither at once nor surely gone";
  EXPECT_EQ(site.boot(10s), not_found);
  site.system_up(40s);
  EXPECT_EQ(site.worked, Ways{not_found});
  EXPECT_EQ(site.notes.back(), "boot.handover_learnt");
}

TEST(Handover, AMachineThatBootedSomethingElseBeginsANewRound) {
  Site site = bios();
  for (int boots = 0; boots < 4; ++boots) (void)site.boot(10s);
  ASSERT_EQ(site.notes.back(), "boot.handover_none");
  (void)site.fact(core::ScriptServed{"talos"});
  site.notes.clear();
  for (int boots = 0; boots < 4; ++boots) (void)site.boot(10s);
  EXPECT_EQ(site.notes, (Codes{"boot.handover_failed", "boot.handover_failed", "boot.handover_none"}));
}

TEST(Handover, SanbootIsOnlyForAMachineWithOneDisk) {
  EXPECT_EQ(handover_ways(FirmwareKind::bios, leave, false), (Ways{leave, not_found}));
  EXPECT_EQ(handover_ways(FirmwareKind::bios, sanboot, false), (Ways{leave, not_found}));
  Site site{HandoverTrail(FirmwareKind::bios, sanboot, false)};
  EXPECT_EQ(site.boot(0s), leave);
  EXPECT_EQ(site.boot(10s), not_found);
  EXPECT_EQ(site.boot(10s), leave);
  EXPECT_EQ(site.notes, (Codes{"boot.handover_failed", "boot.handover_none"}));
}

TEST(Handover, ASecondDiskTakesSanbootAwayAlsoWhereItHasWorked) {
  Site site = bios(sanboot);
  EXPECT_EQ(site.boot(0s), sanboot);
  site.system_up(40s);
  ASSERT_TRUE(site.trail.is_proved());
  const auto kept = HandoverTrail::parse(FirmwareKind::bios, site.trail.to_text(), false);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->way(), leave);
  site.trail.set_one_disk(false);
  EXPECT_EQ(site.trail.way(), leave);
  EXPECT_FALSE(site.trail.is_proved());
}
