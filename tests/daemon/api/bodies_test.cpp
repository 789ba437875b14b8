#include "daemon/api/bodies.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::api;

namespace {

template <class T>
std::string refusal(const core::Result<T>& result) {
  EXPECT_FALSE(result);
  return result ? "" : result.error().message;
}

}  // namespace

TEST(ApiBodies, TakeAnEnrolment) {
  const auto full = decode_enrolment(
      R"({"ip":"10.1.1.20","port":1623,"username":"ADMIN","password":"p","driver":"ipmitool","name":"web-1","auto_discover":true})");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->address.to_string(), "10.1.1.20");
  EXPECT_EQ(full->port, 1623);
  EXPECT_EQ(full->driver, "ipmitool");
  EXPECT_TRUE(full->password.equals("p"));
  EXPECT_TRUE(full->auto_discover);
  const auto bare = decode_enrolment(R"({"ip":"10.1.1.20","username":"ADMIN","password":"p"})");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->port, 623);
  EXPECT_EQ(bare->driver, "") << "the site's";
}

TEST(ApiBodies, NameTheMemberThatIsWrong) {
  EXPECT_EQ(refusal(decode_enrolment("")), "ip: required");
  EXPECT_EQ(refusal(decode_enrolment(R"({"ip":"10.1.1"})")), "ip: an IPv4 address such as 10.1.1.20");
  EXPECT_EQ(refusal(decode_enrolment(R"({"ip":"10.1.1.1","port":0})")), "port: a number from 1 to 65535");
  EXPECT_EQ(refusal(decode_enrolment(R"({"ip":"10.1.1.1","driver":"redfish"})")),
            "driver: one of native, ipmitool");
  EXPECT_EQ(refusal(decode_wipe("a", R"({"minimum":"destroy"})")), "minimum: one of clear, purge");
  EXPECT_EQ(refusal(decode_power("a", "{}")), "action: one of on, off, cycle");
  EXPECT_EQ(refusal(decode_window(R"({"for":"30"})")), "for: a duration such as 30m or 2h");
  EXPECT_EQ(refusal(decode_provision("a", "{}")), "config: required");
  EXPECT_EQ(refusal(decode_provision_plan("a", R"({"nics":"eth0"})")), "nics: a list of at most 8 texts");
  EXPECT_EQ(refusal(decode_reboot("a", R"({"efi":"yes"})")), "efi: true or false");
  EXPECT_EQ(refusal(decode_reboot("a", "[]")), "the body must be a JSON object");
}

TEST(ApiBodies, AMisspeltMemberNeverMeansEveryDisk) {
  EXPECT_EQ(refusal(decode_wipe("a", R"({"disk":["S1"]})")),
            "unknown member disk; known are: disks, minimum, operation_id");
  EXPECT_EQ(refusal(decode_wipe("a", R"({"disks":[]})")), "disks: leave it out to mean all");
  EXPECT_EQ(refusal(decode_wipe("a", R"({"disks":null})")), "disks: leave it out to mean all");
  EXPECT_EQ(refusal(decode_wipe("a", R"("{\"disks\":[\"S1\"]}")")), "the body must be a JSON object");
  EXPECT_EQ(refusal(decode_wipe("a", R"({"disks":"S1"})")), "disks: a list of at most 256 texts");
  EXPECT_EQ(refusal(decode_wipe("a", R"({"disks":[""]})")), "disks: a list of texts of 1 to 256 bytes");
  EXPECT_EQ(decode_wipe("a", R"({"disks":["S1","S2"],"minimum":"purge"})")->disks.size(), 2U);
}

TEST(ApiBodies, BoundTheMachineConfig) {
  const auto body = [](std::size_t size) { return R"({"config":")" + std::string(size, 'x') + R"("})"; };
  EXPECT_TRUE(decode_provision("a", body(max_machine_config)));
  EXPECT_FALSE(decode_provision("a", body(max_machine_config + 1)));
}
