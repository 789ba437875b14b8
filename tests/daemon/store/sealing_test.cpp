#include "daemon/store/sealing.hpp"

#include <gtest/gtest.h>

#include "core/sha256.hpp"

using namespace colony;
using namespace colony::daemon::store;

namespace {

Sealer sealer(std::string_view name) {
  return Sealer(core::Secret(core::as_text(core::sha256(name).octets())));
}

}  // namespace

TEST(Sealer, OpensWhatItSealed) {
  const auto sealed = sealer("key").seal("secret", "assets.bmc_password:1");
  const auto opened = sealer("key").unseal(sealed, "assets.bmc_password:1");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), "secret");
}

TEST(Sealer, GivesTheSameTextAnotherFormEachTime) {
  EXPECT_NE(sealer("key").seal("secret", "x"), sealer("key").seal("secret", "x"));
}

TEST(Sealer, OpensNothingAtAnotherPlace) {
  const auto sealed = sealer("key").seal("secret", "assets.bmc_password:1");
  EXPECT_EQ(sealer("key").unseal(sealed, "assets.bmc_password:2").error().code, "store.seal_broken");
}

TEST(Sealer, OpensNothingWithAnotherKey) {
  const auto sealed = sealer("key").seal("secret", "x");
  EXPECT_EQ(sealer("other").unseal(sealed, "x").error().code, "store.seal_broken");
}

TEST(Sealer, OpensNothingThatWasTouched) {
  const auto sealed = sealer("key").seal("secret", "x");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto touched = sealed;
    touched[i] ^= 1;
    EXPECT_FALSE(sealer("key").unseal(touched, "x")) << i;
    EXPECT_FALSE(sealer("key").unseal(core::ByteView(sealed).first(i), "x")) << i;
  }
}
