#include "daemon/keys/person.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/daemon/keys/ring_bench.hpp"

using namespace colony::daemon::keys;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

Persons of(test::Ring& bench, const Caller& caller) {
  return persons_of(caller, bench.ring->maker_of_key(caller));
}

NewKey wish(std::string name, std::string owner = {}) {
  NewKey out;
  out.name = std::move(name);
  out.owner = std::move(owner);
  return out;
}

}  // namespace

TEST(Persons, AreTheUidAtTheSocketTheUserAndBothOwnerAndMakerOfAKey) {
  test::Ring bench;
  EXPECT_THAT(of(bench, KeyRing::socket_caller(1000)), ElementsAre("uid 1000"));
  EXPECT_THAT(of(bench, Caller{}), IsEmpty());

  bench.add_user("alice", Role::admin);
  bench.add_user("bob", Role::operator_);
  Caller alice;
  alice.through = Caller::Through::login;
  alice.user = "alice";
  alice.scopes = scopes_of(Role::admin);
  EXPECT_THAT(of(bench, alice), ElementsAre("alice"));
  const auto own = bench.make(alice, wish("own"));
  EXPECT_THAT(of(bench, *bench.try_key(own.text)), ElementsAre("alice"));
  const auto for_bob = bench.make(alice, wish("ci", "bob"));
  EXPECT_THAT(of(bench, *bench.try_key(for_bob.text)), ElementsAre("bob", "alice"));
  const auto by_key = bench.make(*bench.try_key(own.text), wish("ci2", "bob"));
  EXPECT_THAT(of(bench, *bench.try_key(by_key.text)), ElementsAre("bob", "alice"));
  const auto of_socket = bench.make(bench.admin, wish("ci3", "bob"));
  EXPECT_THAT(of(bench, *bench.try_key(of_socket.text)), ElementsAre("bob", "uid 0"));
  // Made by a key of everybody at the socket: which of them it was is not known.
  const auto local = bench.make(bench.admin, wish("local"));
  const auto far = bench.make(*bench.try_key(local.text), wish("ci4", "bob"));
  EXPECT_THAT(of(bench, *bench.try_key(far.text)), ElementsAre("bob", "local"));
}

TEST(Persons, AreSharedWhenOneMayBeInBoth) {
  EXPECT_TRUE(share_a_person({"alice"}, {"bob", "alice"}));
  EXPECT_FALSE(share_a_person({"alice"}, {"bob", "uid 0"}));
  EXPECT_FALSE(share_a_person({"uid 0"}, {"uid 1000"}));
  EXPECT_TRUE(share_a_person({"uid 1000"}, {"local"})) << "the user local is everybody at the socket";
  EXPECT_TRUE(share_a_person({"bob", "local"}, {"uid 7"}));
  EXPECT_FALSE(share_a_person({"alice"}, {"local"}));
  EXPECT_FALSE(share_a_person({}, {"alice"}));
}
