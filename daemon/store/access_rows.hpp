#pragma once
// Users, API keys and the audit log as cells and back, like rows.hpp.

#include "core/error.hpp"
#include "daemon/keys/rows.hpp"
#include "daemon/store/cells.hpp"
#include "daemon/store/rows.hpp"
#include "daemon/store/sealing.hpp"

namespace colony::daemon::store {

extern const Table users_table, api_keys_table, audit_table;

[[nodiscard]] Cells encode(const keys::UserRow& row, const Sealer& sealer);
[[nodiscard]] Cells encode(const keys::KeyRow& row);
/// Without its id, which the table gives.
[[nodiscard]] Cells encode(const keys::AuditRow& row);

// Errors: store.unreadable_row, store.seal_broken (both kind corrupt).
[[nodiscard]] core::Result<keys::UserRow> decode_user(const Cells& cells, const Sealer& sealer);
[[nodiscard]] core::Result<keys::KeyRow> decode_key(const Cells& cells);
/// "SELECT id, columns": the id first.
[[nodiscard]] core::Result<keys::AuditRow> decode_audit(const Cells& cells);

/// The row of `secrets` that keys' hashes are made with.
inline constexpr std::string_view hash_key_secret = "api.key_hash";

}  // namespace colony::daemon::store
