#pragma once
// The schema and its versions (docs/wire/store.md). A newer database than this program knows is refused and
// left untouched; an older one is migrated, one version a transaction.

#include "core/error.hpp"
#include "daemon/store/sqlite.hpp"

namespace colony::daemon::store {

inline constexpr std::int64_t schema_version = 5;
/// PRAGMA application_id, "Coly": this file is a database of ours.
inline constexpr std::int64_t application_id = 0x436f6c79;

enum class Found : bool { empty, ours };

/// Whether there is a database of ours in the file. Errors: store.foreign_file, store.newer_schema.
[[nodiscard]] core::Result<Found> look_at_schema(Database& database);
/// Brings the tables to schema_version.
[[nodiscard]] core::Result<> migrate_schema(Database& database);

}  // namespace colony::daemon::store
