#include "daemon/cli/ipmi_list.hpp"

#include <gtest/gtest.h>

using namespace colony::daemon::cli;

TEST(IpmiList, ReadsTheShortFormWithAndWithoutHeader) {
  for (const std::string header : {"", "ip,username,password\n", "IP,Username,Password\n"}) {
    const auto rows = parse_ipmi_list(header + "10.1.1.20,ADMIN,secret\n10.1.1.21,ADMIN,\n");
    ASSERT_TRUE(rows) << header;
    ASSERT_EQ(rows->size(), 2U) << header;
    EXPECT_EQ((*rows)[0].ip.to_string(), "10.1.1.20");
    EXPECT_EQ((*rows)[0].username, "ADMIN");
    EXPECT_TRUE((*rows)[0].password.equals("secret"));
    EXPECT_EQ((*rows)[0].fault, "");
    EXPECT_EQ((*rows)[0].hostname, "");
  }
}

TEST(IpmiList, ReadsTheLongFormInAnyOrderOfColumns) {
  const auto rows = parse_ipmi_list(
      "hostname,ipmi_ip,ipmi_user,ipmi_pass,datacenter,rack,slot\nweb-1,10.1.1.20,ADMIN,\"a,b\",dc1,12,3\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].hostname, "web-1");
  EXPECT_TRUE((*rows)[0].password.equals("a,b"));
  const auto other = parse_ipmi_list("rack,ipmi_pass,ipmi_user,ipmi_ip\n12,p,u,10.1.1.9\n");
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)[0].ip.to_string(), "10.1.1.9");
  EXPECT_EQ((*other)[0].username, "u");
}

TEST(IpmiList, ABadRowSpoilsNoOther) {
  const auto rows = parse_ipmi_list(
      "ip,username,password\n10.1.1,ADMIN,p\n10.1.1.2,ADMIN\n10.1.1.3,a-name-that-is-too-long,p\n"
      "10.1.1.4,ADMIN,a-password-that-is-too-long\n10.1.1.5,ADMIN,p\n10.1.1.5,ADMIN,p\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 6U);
  EXPECT_EQ((*rows)[0].fault, "10.1.1 is no IPv4 address");
  EXPECT_EQ((*rows)[1].fault, "has 2 fields, 3 are expected");
  EXPECT_EQ((*rows)[2].fault, "the user name is longer than 16 bytes");
  EXPECT_EQ((*rows)[3].fault, "the password is longer than 20 bytes");
  EXPECT_EQ((*rows)[4].fault, "");
  EXPECT_EQ((*rows)[5].fault, "this address was already in the file");
  EXPECT_EQ((*rows)[5].line, 7U);
}

TEST(IpmiList, RefusesAFileOfAnotherKind) {
  EXPECT_EQ(parse_ipmi_list("name,address\na,b\n").error().message,
            "line 1: neither ip,username,password nor a header with ipmi_ip");
  EXPECT_EQ(parse_ipmi_list("ipmi_ip,ipmi_user\n").error().message,
            "line 1: the header has no column ipmi_pass (or password)");
  EXPECT_EQ(parse_ipmi_list("a,b,\"c").error().code, "cli.csv");
  EXPECT_TRUE(parse_ipmi_list("")->empty());
}
