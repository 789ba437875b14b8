#pragma once
// Users and keys in memory, for tests of what stands on an AccessStore.

#include "daemon/keys/access_store.hpp"

namespace colony::daemon::keys::test {

struct MemoryStore final : AccessStore {
  std::vector<UserRow> users;
  std::vector<KeyRow> keys;
  std::vector<AuditRow> rows;
  core::Secret hash_key;
  std::optional<core::Error> failing;
  unsigned commits = 0;

  core::Task<core::Result<AccessSnapshot>> load_access() override {
    AccessSnapshot out;
    for (const auto& user : users) out.users.push_back(user.clone());
    out.keys = keys;
    out.hash_key = hash_key.clone();
    co_return out;
  }
  core::Task<core::Result<>> commit_access(AccessChange change) override {
    if (failing) co_return std::unexpected(*failing);
    ++commits;
    if (!change.hash_key.empty()) hash_key = std::move(change.hash_key);
    for (const auto& name : change.forgotten_users) {
      std::erase_if(users, [&](const UserRow& row) { return row.name == name; });
    }
    for (const auto& id : change.forgotten_keys) {
      std::erase_if(keys, [&](const KeyRow& row) { return row.id == id; });
    }
    for (auto& user : change.users) {
      std::erase_if(users, [&](const UserRow& row) { return row.name == user.name; });
      users.push_back(std::move(user));
    }
    for (auto& key : change.keys) {
      std::erase_if(keys, [&](const KeyRow& row) { return row.id == key.id; });
      keys.push_back(std::move(key));
    }
    for (auto& row : change.audit) {
      row.id = rows.size() + 1;
      rows.push_back(std::move(row));
    }
    for (const auto& outcome : change.outcomes) {
      for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (row->status != 0 || row->request_id != outcome.request_id || row->act != outcome.act) continue;
        row->status = outcome.status;
        break;
      }
    }
    co_return core::Result<>{};
  }
  core::Task<core::Result<std::vector<AuditRow>>> audit(std::uint64_t before, unsigned limit) override {
    std::vector<AuditRow> out;
    for (auto row = rows.rbegin(); row != rows.rend() && out.size() < limit; ++row) {
      if (before == 0 || row->id < before) out.push_back(*row);
    }
    co_return out;
  }
};

}  // namespace colony::daemon::keys::test
