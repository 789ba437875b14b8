#include "daemon/init/hosted_reach.hpp"

#include <gtest/gtest.h>

using namespace colony::daemon;

TEST(HostedReach, TellsTheFaultsOfACertificateApart) {
  EXPECT_EQ(tls_fault(10, "SSL certificate problem: certificate has expired"), "hosted.tls_expired");
  EXPECT_EQ(tls_fault(9, "SSL certificate problem: certificate is not yet valid"), "hosted.tls_expired");
  EXPECT_EQ(tls_fault(20, "SSL certificate problem: unable to get local issuer certificate"),
            "hosted.tls_authority");
  EXPECT_EQ(tls_fault(18, "SSL certificate problem: self-signed certificate"), "hosted.tls_authority");
  EXPECT_EQ(tls_fault(0, "SSL: no alternative certificate subject name matches target host name 'a'"),
            "hosted.tls_name");
  EXPECT_EQ(tls_fault(62, "SSL certificate problem: hostname mismatch"), "hosted.tls_name");
  EXPECT_EQ(tls_fault(0, "wrong version number"), "hosted.tls");
}
