#include "daemon/boot/tftp_proof.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::daemon;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

const BootTime start = BootTime(1h);
const Error silent{ErrorKind::timed_out, "tftp.silent", "nobody answers"};
const Error refused{ErrorKind::refused, "tftp.refused", "the server refused it: File not found (error 1)"};
const PortOwner hpa{"in.tftpd", 412, "root"};

TftpProof fresh() {
  return TftpProof(*Ipv4Address::parse("10.1.1.5"));
}

}  // namespace

TEST(TftpProof, NothingIsServedBeforeAFileWasReadThroughIt) {
  auto proof = fresh();
  EXPECT_FALSE(proof.served());
  EXPECT_THAT(proof.finding(), HasSubstr("machines cannot boot yet"));
  proof.on_read(start);
  EXPECT_TRUE(proof.served());
  EXPECT_THAT(proof.finding(), IsEmpty());
  EXPECT_EQ(proof.next(), start + TftpProof::while_served);
}

TEST(TftpProof, NamesTheServerThatIsNotOurs) {
  auto proof = fresh();
  proof.on_failure(refused, hpa, start);
  EXPECT_THAT(proof.finding(), AllOf(HasSubstr("another TFTP server answers on 10.1.1.5:69"),
                                     HasSubstr("in.tftpd (process 412, user root)"),
                                     HasSubstr("systemctl disable --now tftpd-hpa")));
}

TEST(TftpProof, NamesWhoHoldsThePortAndIsSilent) {
  auto proof = fresh();
  proof.on_failure(silent, PortOwner{"", 0, "dnsmasq"}, start);
  EXPECT_THAT(proof.finding(), HasSubstr("a program of user dnsmasq holds 10.1.1.5:69 and does not answer"));
}

TEST(TftpProof, SaysWhatToStartWhenNobodyIsThere) {
  auto proof = fresh();
  proof.on_failure(silent, std::nullopt, start);
  EXPECT_THAT(proof.finding(), AllOf(HasSubstr("no TFTP server answers"), HasSubstr("colony-tftpd"),
                                     HasSubstr("package tftpd-hpa")));
}

TEST(TftpProof, OneFailureOfAProvedServerIsNotBelieved) {
  auto proof = fresh();
  proof.on_read(start);
  proof.on_failure(silent, hpa, start + 5min);
  EXPECT_TRUE(proof.served());
  EXPECT_THAT(proof.finding(), IsEmpty());
  EXPECT_EQ(proof.next(), start + 5min + TftpProof::first_retry) << "and is looked into at once";
  proof.on_failure(silent, hpa, start + 5min + 1s);
  EXPECT_FALSE(proof.served());
  EXPECT_THAT(proof.finding(), HasSubstr("machines cannot boot"));
  proof.on_read(start + 6min);
  EXPECT_TRUE(proof.served());
}

TEST(TftpProof, AsksLessAndLessOften) {
  auto proof = fresh();
  BootTime now = start;
  for (int i = 0; i < 20; ++i) {
    proof.on_failure(silent, std::nullopt, now);
    EXPECT_GT(proof.next(), now);
    EXPECT_LE(proof.next() - now, TftpProof::longest_retry);
    now = proof.next();
  }
  EXPECT_GT(now - start, 5min);
}
