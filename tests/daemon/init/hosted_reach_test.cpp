#include "daemon/init/hosted_reach.hpp"

#include <gtest/gtest.h>

#include "daemon/hosted/curl_fault.hpp"

using namespace colony::daemon;

namespace {

std::string named(long verdict, const char* words) {
  return hosted::name_fault(
             {.code = CURLE_PEER_FAILED_VERIFICATION, .detail = words, .verify_result = verdict})
      .code;
}

}  // namespace

// One name for a fault, whoever meets it: doctor, init and the link (docs/common-errors.md, daemon/hosted).
TEST(HostedReach, TellsTheFaultsOfACertificateApart) {
  EXPECT_EQ(named(10, "SSL certificate problem: certificate has expired"), "hosted.tls_expired");
  EXPECT_EQ(named(9, "SSL certificate problem: certificate is not yet valid"), "hosted.tls_not_yet_valid");
  EXPECT_EQ(named(20, "SSL certificate problem: unable to get local issuer certificate"),
            "hosted.tls_unknown_ca");
  EXPECT_EQ(named(18, "SSL certificate problem: self-signed certificate"), "hosted.tls_self_signed");
  EXPECT_EQ(named(0, "SSL: no alternative certificate subject name matches target host name 'a'"),
            "hosted.tls_wrong_host");
  EXPECT_EQ(named(62, "SSL certificate problem: hostname mismatch"), "hosted.tls_wrong_host");
  EXPECT_EQ(named(0, "wrong version number"), "hosted.tls_none");
}

TEST(HostedReach, NamesWhereNobodyListensAsTheLinkDoes) {
  const auto reach = reach_hosted(*ApiUrl::parse("http://127.0.0.1:1"), FilePath());
  ASSERT_FALSE(reach);
  EXPECT_EQ(reach.error().code, "http.connect");
  EXPECT_NE(reach.error().message.find("http://127.0.0.1:1: "), std::string::npos);
}
