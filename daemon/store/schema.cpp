#include "daemon/store/schema.hpp"

#include <array>

#include <fmt/format.h>

namespace colony::daemon::store {

using core::ErrorKind;

namespace {

// Ids are text, times are milliseconds since 1970 UTC, *_sealed and bmc_password are AES-256-GCM
// (sealing.hpp).
constexpr const char* version_1 = R"sql(
CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  owner TEXT NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch > 0),
  last_event_seq INTEGER NOT NULL,
  acknowledged_seq INTEGER NOT NULL CHECK (acknowledged_seq <= last_event_seq),
  last_revision INTEGER NOT NULL,
  key_check BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE assets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  condition TEXT NOT NULL,
  condition_reason TEXT NOT NULL,
  accepted INTEGER NOT NULL,
  wiped_by_us INTEGER NOT NULL,
  identity TEXT NOT NULL,
  inventory TEXT NOT NULL,
  bmc_identity TEXT NOT NULL,
  bmc_address TEXT,
  bmc_port INTEGER,
  bmc_driver TEXT,
  bmc_username TEXT,
  bmc_password BLOB,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL UNIQUE
) STRICT;

CREATE TABLE workflows (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  recipe_version INTEGER NOT NULL,
  asset TEXT REFERENCES assets (id),
  status TEXT NOT NULL,
  step TEXT NOT NULL,
  context TEXT NOT NULL,
  order_sealed BLOB NOT NULL,
  operation_id TEXT UNIQUE,
  tries INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  error_message TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  step_started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX workflows_of_asset ON workflows (asset, created_at);
CREATE INDEX workflows_by_change ON workflows (updated_at);
CREATE INDEX workflows_unfinished ON workflows (status) WHERE status IN ('pending', 'running');

CREATE TABLE intents (
  id TEXT PRIMARY KEY,
  workflow TEXT REFERENCES workflows (id),
  asset TEXT REFERENCES assets (id),
  act TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  token_hash TEXT NOT NULL,
  detail TEXT NOT NULL,
  state TEXT NOT NULL,
  result TEXT NOT NULL,
  intended_at INTEGER NOT NULL,
  resolved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX intents_of_workflow ON intents (workflow);
CREATE INDEX intents_unresolved ON intents (state) WHERE state = 'intended';

CREATE TABLE redemptions (
  token_hash TEXT PRIMARY KEY,
  intent TEXT REFERENCES intents (id),
  detail TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE timeline (
  id INTEGER PRIMARY KEY,
  asset TEXT NOT NULL REFERENCES assets (id),
  workflow TEXT REFERENCES workflows (id),
  evidence TEXT NOT NULL
) STRICT;
CREATE INDEX timeline_of_asset ON timeline (asset, id);
CREATE INDEX timeline_of_workflow ON timeline (workflow, id);

CREATE TABLE wipe_records (
  workflow TEXT NOT NULL REFERENCES workflows (id),
  attempt INTEGER NOT NULL,
  asset TEXT NOT NULL REFERENCES assets (id),
  record TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (workflow, attempt)
) STRICT;
CREATE INDEX wipe_records_of_asset ON wipe_records (asset, at);

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE secrets (key TEXT PRIMARY KEY, value_sealed BLOB NOT NULL) STRICT;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE operations (
  id TEXT PRIMARY KEY,
  generation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  target TEXT NOT NULL,
  body_sealed BLOB NOT NULL,
  state TEXT NOT NULL,
  result TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX operations_received ON operations (seq) WHERE state = 'received';
)sql";

// Finished workflows are removed with their intents (StoreFile::prune_workflows); this finds what must not
// go.
constexpr const char* version_2 = "CREATE INDEX redemptions_of_intent ON redemptions (intent);";

// Leases of the DHCP server; one row an address, so the configured ranges bound it.
constexpr const char* version_3 = R"sql(
CREATE TABLE dhcp_leases (
  address TEXT PRIMARY KEY,
  mac TEXT NOT NULL,
  client_id TEXT NOT NULL,
  hostname TEXT NOT NULL,
  state TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
)sql";

// Users and keys of the local API, and who did what.
constexpr const char* version_4 = R"sql(
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  description TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  totp_sealed BLOB NOT NULL,
  totp_confirmed INTEGER NOT NULL,
  totp_last_step INTEGER NOT NULL,
  disabled INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_by TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER,
  last_used_from TEXT NOT NULL,
  replaces TEXT
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  source TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  status INTEGER NOT NULL,
  request_id TEXT NOT NULL
) STRICT;
)sql";

// The password that a BMC is being told, sealed, beside the one that was seen to work; NULL: none.
constexpr const char* version_5 = "ALTER TABLE assets ADD COLUMN bmc_next_password BLOB;";

constexpr std::array<const char*, schema_version> migrations{version_1, version_2, version_3, version_4,
                                                             version_5};

}  // namespace

core::Result<Found> look_at_schema(Database& database) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto application = database.number("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*application != application_id && (*tables != 0 || *version != 0 || *application != 0)) {
    return core::fail(ErrorKind::conflict, "store.foreign_file",
                      "the file is a SQLite database, but not one of Colony's: it is left alone");
  }
  if (*version > schema_version) {
    return core::fail(
        ErrorKind::unsupported, "store.newer_schema",
        fmt::format("the database has schema version {}, this program knows up to {}: install the "
                    "newer program, or restore a backup of before the upgrade",
                    *version, schema_version));
  }
  return *version == 0 ? Found::empty : Found::ours;
}

core::Result<> migrate_schema(Database& database) {
  const auto found = database.number("PRAGMA user_version");
  if (!found) return std::unexpected(found.error());
  for (auto version = *found; version < schema_version; ++version) {
    const std::string script =
        fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT;",
                    migrations[static_cast<std::size_t>(version)], application_id, version + 1);
    if (auto done = database.script(script.c_str()); !done) {
      // Whatever was begun is rolled back by this, or by the next open.
      if (database.in_transaction()) (void)database.script("ROLLBACK");
      return done;
    }
  }
  return {};
}

}  // namespace colony::daemon::store
