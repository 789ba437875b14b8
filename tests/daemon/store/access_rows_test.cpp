#include "daemon/store/access_rows.hpp"

#include <gtest/gtest.h>

#include "tests/daemon/store/bench.hpp"
#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::daemon;
using namespace colony::daemon::store;
using namespace colony::daemon::store::test;

namespace {

const Sealer& sealer() {
  static const Sealer value(core::Secret(std::string(32, 'k')));
  return value;
}
const core::UtcTime now = *core::parse_utc("2026-11-20T18:00:00Z");

keys::UserRow user(std::string name) {
  keys::UserRow row;
  row.name = std::move(name);
  row.role = keys::Role::operator_;
  row.description = "d";
  row.password_hash = "scrypt$15$8$1$00$11";
  row.totp_secret = core::Secret(std::string("\0secret", 7));
  row.totp_confirmed = true;
  row.totp_last_step = 59'000'000;
  row.disabled = true;
  row.created_by = "uid 0";
  row.created_at = now;
  return row;
}

keys::KeyRow key(std::string_view id) {
  keys::KeyRow row;
  row.id = *keys::KeyId::parse(id);
  row.hash = core::sha256(id);
  row.name = "ci";
  row.description = "d";
  row.owner = "alice";
  row.created_by = "alice";
  row.scopes = *keys::Scopes::parse("read,wipe");
  row.created_at = now;
  row.expires_at = now + std::chrono::days(1);
  row.revoked_at = now + std::chrono::hours(1);
  row.last_used_at = now + std::chrono::minutes(1);
  row.last_used_from = "10.0.0.9";
  row.replaces = *keys::KeyId::parse("c1d1e981b67e");
  return row;
}

template <class Decode>
void expect_refuses_damage(const Cells& whole, Decode decode) {
  ASSERT_TRUE(decode(whole));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_FALSE(decode(Cells(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i))))
        << "cut at " << i;
    Cells changed = whole;
    changed[i] =
        std::holds_alternative<std::string>(whole[i]) ? Cell{std::int64_t{-1}} : Cell{std::string("?")};
    EXPECT_EQ(decode(changed).error().code, "store.unreadable_row") << "cell " << i;
  }
  Cells longer = whole;
  longer.emplace_back(std::int64_t{1});
  EXPECT_FALSE(decode(longer));
}

}  // namespace

TEST(AccessRows, AUserComesBackWhole) {
  const auto cells = encode(user("alice"), sealer());
  const auto row = decode_user(cells, sealer());
  ASSERT_TRUE(row);
  EXPECT_EQ(row->name, "alice");
  EXPECT_EQ(row->role, keys::Role::operator_);
  EXPECT_EQ(row->password_hash, "scrypt$15$8$1$00$11");
  EXPECT_EQ(row->totp_secret.reveal(), std::string_view("\0secret", 7));
  EXPECT_TRUE(row->totp_confirmed);
  EXPECT_EQ(row->totp_last_step, 59'000'000U);
  EXPECT_TRUE(row->disabled);
  EXPECT_EQ(row->created_by, "uid 0");
  EXPECT_EQ(row->created_at, now);
  expect_refuses_damage(cells, [](const Cells& c) { return decode_user(c, sealer()); });
}

TEST(AccessRows, TheSecondFactorOfAnotherUserDoesNotOpen) {
  auto cells = encode(user("alice"), sealer());
  cells[0] = std::string("bob");
  EXPECT_EQ(decode_user(cells, sealer()).error().code, "store.seal_broken");
}

TEST(AccessRows, AKeyComesBackWhole) {
  const auto cells = encode(key("0123456789ab"));
  const auto row = decode_key(cells);
  ASSERT_TRUE(row);
  const auto expected = key("0123456789ab");
  EXPECT_EQ(row->id, expected.id);
  EXPECT_EQ(row->hash, expected.hash);
  EXPECT_EQ(row->owner, "alice");
  EXPECT_EQ(row->scopes, expected.scopes);
  EXPECT_EQ(row->expires_at, expected.expires_at);
  EXPECT_EQ(row->revoked_at, expected.revoked_at);
  EXPECT_EQ(row->last_used_at, expected.last_used_at);
  EXPECT_EQ(row->last_used_from, "10.0.0.9");
  EXPECT_EQ(row->replaces, expected.replaces);
  expect_refuses_damage(cells, decode_key);
  keys::KeyRow fresh = key("0123456789ab");
  fresh.expires_at = fresh.revoked_at = fresh.last_used_at = std::nullopt;
  fresh.replaces.reset();
  EXPECT_FALSE(decode_key(encode(fresh))->expires_at);
}

TEST(AccessRows, AnAuditLineComesBackWhole) {
  Cells cells = encode(keys::AuditRow{0, now, "alice", "10.0.0.9", "wipe", "web-1", 202, "r-1"});
  cells.insert(cells.begin(), std::int64_t{7});
  const auto row = decode_audit(cells);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->id, 7U);
  EXPECT_EQ(row->who, "alice");
  EXPECT_EQ(row->from, "10.0.0.9");
  EXPECT_EQ(row->act, "wipe");
  EXPECT_EQ(row->subject, "web-1");
  EXPECT_EQ(row->status, 202U);
  EXPECT_EQ(row->request_id, "r-1");
  expect_refuses_damage(cells, decode_audit);
}

TEST(StoreFile, KeepsUsersKeysAndWhoDidWhat) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.retention.audit_rows = 3;
  {
    const auto file = opened(options);
    Change change;
    change.access.users.push_back(user("alice"));
    change.access.users.push_back(user("bob"));
    change.access.keys = {key("0123456789ab"), key("0123456789ac")};
    change.access.hash_key = core::Secret(std::string(32, 'h'));
    for (int i = 0; i < 5; ++i) {
      change.access.audit.push_back({0, now, "alice", "socket", "wipe", std::to_string(i), 202, "r"});
    }
    std::vector<Change> changes;
    changes.push_back(std::move(change));
    ASSERT_TRUE(file->commit(changes).front());
    Change gone;
    gone.access.forgotten_users = {"bob"};
    gone.access.forgotten_keys = {*keys::KeyId::parse("0123456789ac")};
    changes.clear();
    changes.push_back(std::move(gone));
    ASSERT_TRUE(file->commit(changes).front());
  }
  const auto file = opened(options);
  const auto stored = file->access();
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->users.size(), 1U);
  EXPECT_EQ(stored->users.front().name, "alice");
  ASSERT_EQ(stored->keys.size(), 1U);
  EXPECT_EQ(stored->keys.front().id.to_string(), "0123456789ab");
  EXPECT_EQ(stored->hash_key.reveal(), std::string(32, 'h'));
  const auto newest = file->audit(0, 10);
  ASSERT_EQ(newest->size(), 3U) << "the newest are kept";
  EXPECT_EQ(newest->front().subject, "4");
  const auto older = file->audit(newest->front().id, 1);
  EXPECT_EQ(older->front().subject, "3");
}

TEST(StoreFile, AnActIsBegunAndGetsItsOutcome) {
  const TemporaryDirectory directory;
  const auto options = options_in(directory);
  const auto commit = [](StoreFile& file, Change change) {
    std::vector<Change> changes;
    changes.push_back(std::move(change));
    ASSERT_TRUE(file.commit(changes).front());
  };
  {
    const auto file = opened(options);
    Change begun;
    begun.access.audit.push_back({0, now, "alice", "socket", "wipe", "web-1", 0, "r"});
    begun.access.audit.push_back({0, now, "alice", "socket", "wipe", "web-2", 0, "r"});
    begun.access.audit.push_back({0, now, "alice", "socket", "wipe", "web-1", 202, "r"});
    commit(*file, std::move(begun));
  }
  const auto file = opened(options);
  Change ended;
  ended.access.outcomes.push_back({0, now, "alice", "socket", "wipe", "web-1", 503, "r"});
  ended.access.outcomes.push_back({0, now, "alice", "socket", "wipe", "nobody", 503, "r"});
  commit(*file, std::move(ended));
  std::string kept;
  for (const auto& row : *file->audit(0, 100)) kept += row.subject + "=" + std::to_string(row.status) + " ";
  EXPECT_EQ(kept, "web-1=202 web-2=0 web-1=503 ") << "what was begun and no more stays as that";
}

TEST(StoreFile, LogInsPushOutNoActs) {
  const TemporaryDirectory directory;
  auto options = options_in(directory);
  options.retention.audit_rows = 2;
  options.retention.login_rows = 3;
  const auto file = opened(options);
  const auto note = [&](const char* act, int subject) {
    Change change;
    change.access.audit.push_back({0, now, "nobody", "10.0.0.9", act, std::to_string(subject), 401, "r"});
    std::vector<Change> changes;
    changes.push_back(std::move(change));
    ASSERT_TRUE(file->commit(changes).front());
  };
  for (int i = 0; i < 3; ++i) note("wipe", i);
  for (int i = 10; i < 20; ++i) note("login", i);
  std::string kept;
  for (const auto& row : *file->audit(0, 100)) kept += row.act + row.subject + " ";
  EXPECT_EQ(kept, "login19 login18 login17 wipe2 wipe1 ");
}
