#include "daemon/keys/person.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/daemon/keys/ring_bench.hpp"

using namespace colony::daemon::keys;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

NewKey wish(std::string name, std::string owner = {}) {
  NewKey out;
  out.name = std::move(name);
  out.owner = std::move(owner);
  return out;
}

/// She has logged in, and is an administrator; he is none.
Caller with_alice_and_bob(test::Ring& bench) {
  bench.add_user("alice", Role::admin);
  bench.add_user("bob", Role::operator_);
  Caller alice;
  alice.through = Caller::Through::login;
  alice.user = "alice";
  alice.scopes = scopes_of(Role::admin);
  return alice;
}

}  // namespace

TEST(Persons, AreTheUidAtTheSocketTheUserAndBothOwnerAndMakerOfAKey) {
  test::Ring bench;
  EXPECT_THAT(persons_of(KeyRing::socket_caller(1000)), ElementsAre("uid 1000"));
  EXPECT_THAT(persons_of(Caller{}), IsEmpty());

  const Caller alice = with_alice_and_bob(bench);
  EXPECT_THAT(persons_of(alice), ElementsAre("alice"));
  const auto own = bench.make(alice, wish("own"));
  EXPECT_THAT(persons_of(*bench.try_key(own.text)), ElementsAre("alice"));
  const auto for_bob = bench.make(alice, wish("ci", "bob"));
  EXPECT_THAT(persons_of(*bench.try_key(for_bob.text)), ElementsAre("bob", "alice"));
  const auto by_key = bench.make(*bench.try_key(own.text), wish("ci2", "bob"));
  EXPECT_THAT(persons_of(*bench.try_key(by_key.text)), ElementsAre("bob", "alice"));
  const auto of_socket = bench.make(bench.admin, wish("ci3", "bob"));
  EXPECT_THAT(persons_of(*bench.try_key(of_socket.text)), ElementsAre("bob", "uid 0"));
  // Made by a key of everybody at the socket: which of them it was is not known.
  const auto local = bench.make(bench.admin, wish("local"));
  const auto far = bench.make(*bench.try_key(local.text), wish("ci4", "bob"));
  EXPECT_THAT(persons_of(*bench.try_key(far.text)), ElementsAre("bob", "local"));
}

TEST(Persons, AreThoseOfTheMomentWhenTheCallerWasLetIn) {
  test::Ring bench;
  const Caller alice = with_alice_and_bob(bench);
  const auto for_bob = bench.make(alice, wish("ci", "bob"));
  const auto caller = *bench.try_key(for_bob.text);
  // She deletes the key while what it ordered is on its way: she has seen it all the same.
  ASSERT_TRUE(bench.ring->delete_key(alice, for_bob.key.id.to_string()));
  EXPECT_THAT(persons_of(caller), ElementsAre("bob", "alice"));
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
