#include "core/bytes.hpp"

#include <gtest/gtest.h>

using namespace colony::core;

TEST(ByteReader, ReadsEveryWidthInItsOrder) {
  const Bytes bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16be(), 0x0203);
  EXPECT_EQ(reader.u32be(), 0x04050607U);
  EXPECT_EQ(reader.u16le(), 0x0908);
  EXPECT_EQ(reader.u32le(), 0x0d0c0b0aU);
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, StaysFailedAfterTheFirstShortRead) {
  const Bytes bytes{1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_FALSE(reader.u32be());
  EXPECT_FALSE(reader.u8());
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0U);
  EXPECT_TRUE(reader.rest().empty());
}

TEST(ByteReader, TakesACStringOnlyWithItsNulInsideTheLimit) {
  const Bytes bytes{'a', 'b', 0, 'c', 'd'};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.c_string(8), "ab");
  EXPECT_FALSE(reader.c_string(8));
  ByteReader limited(bytes);
  EXPECT_FALSE(limited.c_string(2));
}

TEST(ByteWriter, DropsAWriteThatWouldPassTheLimitWhole) {
  ByteWriter writer(5);
  writer.u32be(0x01020304);
  writer.u16be(0x0506);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.size(), 4U);
  writer.u8(9);
  EXPECT_EQ(writer.size(), 4U) << "a failed writer stays failed";
}

TEST(ByteWriter, WritesBothOrders) {
  ByteWriter writer(64);
  writer.u16be(0x0102);
  writer.u16le(0x0102);
  writer.u32be(0x01020304);
  writer.u32le(0x01020304);
  writer.fill(2, 0xff);
  writer.patch_u8(0, 0xaa);
  EXPECT_EQ(hex(writer.view()), "aa0202010102030404030201ffff");
}

TEST(Hex, RoundTripsAndRefusesOddOrForeignText) {
  EXPECT_EQ(hex(*parse_hex("00ff7FaB")), "00ff7fab");
  EXPECT_FALSE(parse_hex("0"));
  EXPECT_FALSE(parse_hex("0g"));
  EXPECT_TRUE(parse_hex("")->empty());
}

TEST(Printable, EscapesWhatCouldForgeALogLine) {
  EXPECT_EQ(printable("a\nb\"\\\x80"), "a\\x0ab\\x22\\x5c\\x80");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}
