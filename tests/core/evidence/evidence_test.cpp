#include "core/evidence/evidence.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace colony::core;

namespace {

const std::vector<Fact>& one_of_each() {
  static const std::vector<Fact> facts{
      DhcpSeen{ClientArch::efi_x64, BootStage::ipxe, true},
      SystemAsked{},
      NbpSent{"snponly.efi", 271360, true},
      ScriptServed{"scout"},
      ArtifactServed{"ab12", 7, false},
      ConfigFetched{"t1", true},
      ScoutHello{},
      ScoutInventory{},
      ScoutProgress{"S1", "verify", 40},
      ScoutRedeemed{"t2"},
      ScoutResult{true},
      PowerObserved{PowerState::on},
      BootDeviceSet{"pxe", true},
      TalosStage{"installing"},
      Note{"bmc.slow", "the BMC takes 8 s to answer"},
      ConsoleOutput{*parse_utc("2026-11-20T10:00:00.000Z"), "Linux version 6.1\n", true},
  };
  return facts;
}

}  // namespace

TEST(Evidence, EveryFactRoundTripsThroughJson) {
  ASSERT_EQ(one_of_each().size(), std::variant_size_v<Fact>);
  for (const auto& fact : one_of_each()) {
    const Evidence evidence{AssetId(*Uuid::parse("00112233-4455-4677-8899-aabbccddeeff")),
                            MacAddress::parse("52:54:00:00:00:01"),
                            Ipv4Address::parse("10.77.2.9"),
                            std::nullopt,
                            *parse_utc("2026-11-20T18:03:11.042Z"),
                            "test",
                            fact};
    const auto back = evidence_from_json(to_json(evidence));
    ASSERT_TRUE(back) << fact_name(fact);
    EXPECT_EQ(back->fact.index(), fact.index());
    EXPECT_EQ(to_json(*back), to_json(evidence));
    EXPECT_FALSE(describe(fact).empty());
  }
}

TEST(Evidence, AWholePieceOfABootComesBack) {
  ConsoleOutput printed{*parse_utc("2026-11-20T10:00:00.000Z"), "", false};
  while (printed.text.size() < 20'000) printed.text += "[    0.000000] a line of a kernel\n";
  Evidence evidence;
  evidence.at = *parse_utc("2026-11-20T18:03:11.042Z");
  evidence.fact = printed;
  const auto back = evidence_from_json(to_json(evidence));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<ConsoleOutput>(back->fact).text, printed.text);
}

TEST(Evidence, UnknownFactsAndBrokenRowsAreRefused) {
  EXPECT_FALSE(evidence_from_json(Json::object()));
  EXPECT_FALSE(evidence_from_json(Json::array()));
  EXPECT_FALSE(evidence_from_json(
      Json{{"fact", "from_the_future"}, {"at", "2026-11-20T18:03:11.042Z"}, {"detail", Json::object()}}));
  EXPECT_FALSE(evidence_from_json(Json{{"fact", "scout_hello"}, {"at", "noon"}, {"detail", Json::object()}}));
}
