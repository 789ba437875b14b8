#include "workflows/boot/boot_stages.hpp"

#include <chrono>

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

struct Timeline {
  std::deque<SeenEvidence> facts;
  core::UtcTime begin{1'000'000s};

  void add(std::chrono::seconds at, core::Fact fact) {
    SeenEvidence seen;
    seen.row.evidence.at = begin + at;
    seen.row.evidence.fact = std::move(fact);
    facts.push_back(std::move(seen));
  }
  [[nodiscard]] std::vector<std::string> stages() const {
    std::vector<std::string> out;
    for (const auto& stage : boot_stages(facts)) {
      out.push_back(
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(stage.at - begin).count()) + " " +
          stage.stage);
    }
    return out;
  }
};

using Stages = std::vector<std::string>;
constexpr auto efi = core::ClientArch::efi_x64;

}  // namespace

TEST(BootStages, AreEachToldAtTheirFirstSight) {
  Timeline line;
  line.add(0s, core::PowerObserved{core::PowerState::off});
  line.add(1s, core::PowerObserved{core::PowerState::on});
  line.add(2s, core::PowerObserved{core::PowerState::on});
  line.add(61s, core::DhcpSeen{efi, core::BootStage::firmware_pxe, true});
  line.add(62s, core::NbpSent{"snponly.efi", 1, false});
  line.add(63s, core::NbpSent{"snponly.efi", 270'000, true});
  line.add(65s, core::DhcpSeen{efi, core::BootStage::ipxe, true});
  line.add(66s, core::ScriptServed{"scout"});
  line.add(68s, core::ArtifactServed{"aa", 8, true});
  line.add(70s, core::ArtifactServed{"bb", 8, true});
  line.add(80s, core::ScoutHello{});
  line.add(81s, core::ScoutInventory{});
  EXPECT_EQ(line.stages(),
            (Stages{"1 seen on", "61 DHCP (firmware, PXE)", "63 boot program snponly.efi", "65 DHCP (iPXE)",
                    "66 boot script: scout", "68 kernel", "70 image 2", "80 scout's hello", "81 inventory"}));
}

TEST(BootStages, WhatWasAdoptedLaterStandsWhereItBelongs) {
  Timeline line;
  line.add(1s, core::PowerObserved{core::PowerState::on});
  line.add(9s, core::Note{"other", "between"});
  line.add(3s, core::DhcpSeen{efi, core::BootStage::ipxe, true});
  line.add(4s, core::ScriptServed{"scout"});
  EXPECT_EQ(line.stages(), (Stages{"1 seen on", "3 DHCP (iPXE)", "4 boot script: scout"}));
}

TEST(BootStages, OnlyTheNewestBootIsTold) {
  Timeline line;
  line.add(1s, core::PowerObserved{core::PowerState::on});
  line.add(2s, core::DhcpSeen{efi, core::BootStage::ipxe, true});
  line.add(3s, core::ScriptServed{"talos"});
  line.add(4s, core::ArtifactServed{"aa", 8, true});
  // It restarts by itself: nobody saw it off.
  line.add(60s, core::DhcpSeen{efi, core::BootStage::ipxe, true});
  line.add(61s, core::ScriptServed{"local-disk"});
  line.add(75s, core::SystemAsked{});
  EXPECT_EQ(line.stages(),
            (Stages{"60 DHCP (iPXE)", "61 boot script: local-disk", "75 DHCP (operating system)"}));
  line.add(80s, core::PowerObserved{core::PowerState::off});
  EXPECT_EQ(line.stages().size(), 3U) << "of a machine that is off: what it did last";
  line.add(90s, core::PowerObserved{core::PowerState::on});
  EXPECT_EQ(line.stages(), Stages{"90 seen on"});
}

TEST(BootStages, AreNoneBeforeTheFirstBoot) {
  Timeline line;
  EXPECT_TRUE(line.stages().empty());
  line.add(0s, core::PowerObserved{core::PowerState::off});
  EXPECT_TRUE(line.stages().empty());
}
