#include <gtest/gtest.h>

#include "workflows/engine/journal.hpp"
#include "workflows/orders.hpp"

using namespace colony::workflows;

TEST(JournalRows, NamesAreReadBackAsTheSameValue) {
  for (const auto status : {AssetStatus::discovering, AssetStatus::available, AssetStatus::provisioning,
                            AssetStatus::provisioned, AssetStatus::deprovisioning}) {
    EXPECT_EQ(parse_asset_status(name(status)), status);
  }
  for (const auto condition : {AssetCondition::normal, AssetCondition::quarantined,
                               AssetCondition::indeterminate, AssetCondition::unreachable}) {
    EXPECT_EQ(parse_asset_condition(name(condition)), condition);
  }
  for (const auto status : {WorkflowStatus::pending, WorkflowStatus::running, WorkflowStatus::completed,
                            WorkflowStatus::failed}) {
    EXPECT_EQ(parse_workflow_status(name(status)), status);
  }
  for (const auto state :
       {IntentState::intended, IntentState::done, IntentState::failed, IntentState::indeterminate}) {
    EXPECT_EQ(parse_intent_state(name(state)), state);
  }
  EXPECT_FALSE(parse_asset_status("Available"));
  EXPECT_FALSE(parse_intent_state(""));
}

TEST(JournalRows, ACloneOfAnAssetCarriesItsBmcPassword) {
  AssetRow row;
  row.name = "web-3";
  row.bmc = BmcRecord{*colony::core::Ipv4Address::parse("10.0.0.9"), 623, "native", "ADMIN",
                      colony::core::Secret("s3cret")};
  const AssetRow copy = row.clone();
  EXPECT_EQ(copy.name, "web-3");
  ASSERT_TRUE(copy.bmc);
  EXPECT_TRUE(copy.bmc->password.equals("s3cret"));
}
