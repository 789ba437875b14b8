#include "hw-sim/faults/fault_plan.hpp"

#include <gtest/gtest.h>

using namespace colony::hw_sim;

TEST(FaultPlan, StrikesAsOftenAsItSaysAndInOrder) {
  FaultPlan plan;
  plan.add({FaultPoint::dhcp_reply, FaultKind::lose, 2, {}});
  plan.add({FaultPoint::dhcp_reply, FaultKind::late, 1, {}});
  EXPECT_FALSE(plan.strike(FaultPoint::http_reply));
  EXPECT_EQ(plan.strike(FaultPoint::dhcp_reply)->kind, FaultKind::lose);
  EXPECT_EQ(plan.strike(FaultPoint::dhcp_reply)->kind, FaultKind::lose);
  EXPECT_EQ(plan.strike(FaultPoint::dhcp_reply)->kind, FaultKind::late);
  EXPECT_FALSE(plan.strike(FaultPoint::dhcp_reply));
  EXPECT_EQ(plan.struck(), 3U);
}

TEST(FaultPlan, EveryNameReadsBackAndMeansSomething) {
  for (const auto text : fault_point_names()) {
    const auto point = parse_fault_point(text);
    ASSERT_TRUE(point) << text;
    EXPECT_EQ(name(*point), text);
    bool any = false;
    for (const auto kind : fault_kind_names()) any = any || applies(*point, *parse_fault_kind(kind));
    EXPECT_TRUE(any) << text;
  }
  for (const auto text : fault_kind_names()) EXPECT_EQ(name(*parse_fault_kind(text)), text);
  EXPECT_FALSE(parse_fault_point("dhcp.nothing"));
  EXPECT_FALSE(parse_fault_kind("explode"));
}
