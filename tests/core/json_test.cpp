#include "core/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

using namespace colony::core;

TEST(ParseJson, TakesOrdinaryDocuments) {
  const auto json = parse_json(R"({"a":[1,-2,"x"],"b":true})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at("a").size(), 3U);
}

TEST(ParseJson, NamesTheByteWhereSyntaxBreaks) {
  const auto json = parse_json(R"({"a":1,})");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code, "json.syntax");
  EXPECT_NE(json.error().message.find("byte 8"), std::string::npos) << json.error().message;
}

TEST(ParseJson, BoundsSizeDepthAndCountBeforeBuilding) {
  EXPECT_EQ(parse_json("[1,2,3]", {.bytes = 4}).error().code, "json.too_large");
  EXPECT_EQ(parse_json(std::string(64, '['), {}).error().code, "json.too_deep");
  EXPECT_EQ(parse_json("[1,2,3,4]", {.values = 2}).error().code, "json.too_many");
  EXPECT_TRUE(parse_json(R"(["[[[[[[[[[[[[[[[[[[[[[["])")) << "brackets in a string are no depth";
}

TEST(ParseJson, NeverThrowsOnHostileBytes) {
  for (const std::string& text :
       {std::string("\xff\xfe"), std::string("\"\\ud800\""), std::string("1e999"), std::string("nul\0l", 5),
        std::string("{\"a\":\"\xc3\x28\"}"), std::string()}) {
    EXPECT_FALSE(parse_json(text)) << printable(text);
  }
}

TEST(JsonAccess, GivesNulloptForAbsentWrongTypeAndOutOfRange) {
  const auto json = parse_json(R"({"s":"text","n":-1,"u":18446744073709551615,"b":false,"f":1.5})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json_text(*json, "s"), "text");
  EXPECT_FALSE(json_text(*json, "s", 3));
  EXPECT_FALSE(json_text(*json, "n"));
  EXPECT_EQ(json_int(*json, "n"), -1);
  EXPECT_FALSE(json_int(*json, "u"));
  EXPECT_FALSE(json_uint(*json, "n"));
  EXPECT_FALSE(json_int(*json, "f"));
  EXPECT_EQ(json_bool(*json, "b"), false);
  EXPECT_FALSE(json_bool(*json, "missing"));
  EXPECT_FALSE(json_text(Json::array(), "s"));
}
