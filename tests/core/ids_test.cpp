#include "core/ids.hpp"

#include <gtest/gtest.h>

using colony::core::AssetId;
using colony::core::Uuid;

TEST(Uuid, RoundTripsAndRefusesOtherShapes) {
  const auto uuid = Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->to_string(), "00112233-4455-6677-8899-aabbccddeeff");
  for (const char* text : {"", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef",
                           "{0112233-4455-6677-8899-aabbccddeeff", "0011223344-55-6677-8899-aabbccddeeff"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, SwappedIsTheSmbiosReadingOfTheSameBytes) {
  const auto uuid = Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(uuid->swapped().to_string(), "33221100-5544-7766-8899-aabbccddeeff");
  EXPECT_EQ(uuid->swapped().swapped(), *uuid);
}

TEST(Uuid, RandomOnesCarryVersionAndVariant) {
  Uuid::Octets all_ones;
  all_ones.fill(0xff);
  EXPECT_EQ(Uuid::random_v4(all_ones).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(AssetId, IsATypeOfItsOwn) {
  static_assert(!std::is_convertible_v<AssetId, colony::core::WorkflowId>);
  EXPECT_FALSE(AssetId::parse("asset-123"));
}
