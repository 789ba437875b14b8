#include "daemon/keys/totp.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::keys;

namespace {
const core::ByteView rfc_secret = core::as_bytes("12345678901234567890");
core::UtcTime at(std::int64_t seconds) {
  return core::UtcTime(std::chrono::seconds(seconds));
}
}  // namespace

TEST(Totp, GivesTheCodesOfTheRfc) {
  // RFC 6238, appendix B (SHA-1); the last six of its eight digits.
  const std::pair<std::int64_t, std::uint32_t> vectors[] = {{59, 287082},         {1111111109, 81804},
                                                            {1111111111, 50471},  {1234567890, 5924},
                                                            {2000000000, 279037}, {20000000000, 353130}};
  for (const auto& [seconds, code] : vectors) {
    EXPECT_EQ(totp_code(rfc_secret, totp_step(at(seconds))), code) << seconds;
  }
}

TEST(Totp, TakesTheStepBeforeAndAfterAndNoOther) {
  const auto now = at(1111111111);
  const auto step = totp_step(now);
  for (const auto near : {step - 1, step, step + 1}) {
    EXPECT_EQ(match_totp(rfc_secret, totp_code(rfc_secret, near), now, 0), near);
  }
  EXPECT_FALSE(match_totp(rfc_secret, totp_code(rfc_secret, step - 2), now, 0));
  EXPECT_FALSE(match_totp(rfc_secret, totp_code(rfc_secret, step + 2), now, 0));
}

TEST(Totp, ACodeCountsOnce) {
  const auto now = at(1111111111);
  const auto code = totp_code(rfc_secret, totp_step(now));
  const auto step = match_totp(rfc_secret, code, now, 0);
  ASSERT_TRUE(step);
  EXPECT_FALSE(match_totp(rfc_secret, code, now, *step));
  EXPECT_FALSE(match_totp(rfc_secret, totp_code(rfc_secret, *step - 1), now, *step)) << "nor an older one";
}

TEST(Totp, ReadsSixDigits) {
  EXPECT_EQ(parse_totp_code("005924"), 5924U);
  EXPECT_EQ(parse_totp_code("123 456"), 123456U);
  for (const auto* const wrong :
       {"", "12345", "1234567", "12345a", "-12345", "123456\n", "1 2 3 4 5 6 7 8"}) {
    EXPECT_FALSE(parse_totp_code(wrong)) << wrong;
  }
}

TEST(Totp, Base32IsThatOfTheRfc) {
  // RFC 4648, section 10, without padding.
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"}, {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(base32(core::as_bytes(plain)), text);
    const auto bytes = parse_base32(text);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(core::as_text(*bytes), plain);
  }
  EXPECT_EQ(parse_base32("mzxw 6ytb"), parse_base32("MZXW6YTB"));
  for (const auto* const wrong : {"M", "MZX", "MZXW6YT1", "MZ=", "MZ"})
    EXPECT_FALSE(parse_base32(wrong)) << wrong;
}

TEST(Totp, TellsAppsWhatTheyNeed) {
  EXPECT_EQ(totp_uri("alice", "MZXW6").reveal(),
            "otpauth://totp/Colony:alice?secret=MZXW6&issuer=Colony&algorithm=SHA1&digits=6&period=30");
}
