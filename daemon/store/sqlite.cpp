#include "daemon/store/sqlite.hpp"

#include <system_error>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/on_exit.hpp"

namespace colony::daemon::store {

using core::ErrorKind;

namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

/// No value of ours comes near it; a row beyond it is refused as store.too_big.
constexpr int largest_value_bytes = 16 << 20;

core::Error error_of(sqlite3* handle, int code) {
  const int extended = handle == nullptr ? code : sqlite3_extended_errcode(handle);
  const char* const text = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  const auto named = [text](ErrorKind kind, const char* name, std::string_view advice) {
    return core::Error{kind, name, fmt::format("{} ({})", advice, text)};
  };
  switch (code & 0xff) {
    case SQLITE_FULL:
      return named(ErrorKind::exhausted, "store.disk_full",
                   "the disk of the database is full: nothing was stored, free some space");
    case SQLITE_IOERR: {
      const int system_error = handle == nullptr ? 0 : sqlite3_system_errno(handle);
      return {ErrorKind::io, "store.io",
              fmt::format("the database could not be read or written: {}, SQLite code {} (errno {})", text,
                          extended, system_error)};
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return named(ErrorKind::corrupt, "store.corrupt", "the database is damaged");
    case SQLITE_CONSTRAINT:
      if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return named(ErrorKind::conflict, "store.duplicate", "this was stored before");
      }
      if (extended == SQLITE_CONSTRAINT_FOREIGNKEY) {
        return named(ErrorKind::invalid_input, "store.dangling_reference",
                     "the row refers to one that is not stored");
      }
      return named(ErrorKind::invalid_input, "store.constraint", "the row is not acceptable");
    case SQLITE_TOOBIG: return named(ErrorKind::invalid_input, "store.too_big", "the row is too big");
    case SQLITE_NOMEM: return named(ErrorKind::exhausted, "store.no_memory", "out of memory");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return named(ErrorKind::conflict, "store.busy", "another program has the database open");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return named(ErrorKind::io, "store.not_writable", "the database cannot be opened for writing");
    default: return named(ErrorKind::internal, "store.sqlite", "SQLite refused");
  }
}

int bind(sqlite3_stmt* statement, int at, const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    return sqlite3_bind_int64(statement, at, *number);
  }
  // The statement is reset before execute() or query() returns, so the caller's memory outlives the binding.
  if (const auto* text = std::get_if<std::string>(&cell)) {
    return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<core::Bytes>(&cell)) {
    // An empty vector has a null pointer, and SQLite would take that for NULL.
    if (blob->empty()) return sqlite3_bind_zeroblob(statement, at, 0);
    return sqlite3_bind_blob64(statement, at, blob->data(), blob->size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, at);
}

Cell column(sqlite3_stmt* statement, int at) {
  const auto size = [statement, at] { return static_cast<std::size_t>(sqlite3_column_bytes(statement, at)); };
  switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER: return sqlite3_column_int64(statement, at);
    case SQLITE_TEXT: {
      const auto* const text = sqlite3_column_text(statement, at);
      return std::string(reinterpret_cast<const char*>(text), size());
    }
    case SQLITE_BLOB: {
      const auto* const bytes = static_cast<const core::Byte*>(sqlite3_column_blob(statement, at));
      return core::Bytes(bytes, bytes + size());
    }
    default: return std::monostate{};
  }
}

}  // namespace

struct Database::Connection {
  sqlite3* handle = nullptr;
  std::unordered_map<std::string, Statement> statements;  // as many as the code has SQL texts
  int log_pages = 0;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    statements.clear();
    sqlite3_close(handle);
  }

  core::Result<sqlite3_stmt*> prepared(std::string_view sql, const Cells& arguments) {
    auto& statement = statements[std::string(sql)];
    if (!statement) {
      sqlite3_stmt* fresh = nullptr;
      const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &fresh, nullptr);
      if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
      statement.reset(fresh);
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const int code = bind(statement.get(), static_cast<int>(i) + 1, arguments[i]);
      if (code != SQLITE_OK) return std::unexpected(error_of(handle, code));
    }
    return statement.get();
  }

  core::Result<std::vector<Cells>> run(std::string_view sql, const Cells& arguments) {
    auto statement = prepared(sql, arguments);
    if (!statement) return std::unexpected(statement.error());
    const core::OnExit reset([used = *statement] {
      sqlite3_reset(used);
      sqlite3_clear_bindings(used);
    });
    std::vector<Cells> rows;
    for (;;) {
      const int code = sqlite3_step(*statement);
      if (code == SQLITE_DONE) return rows;
      if (code != SQLITE_ROW) return std::unexpected(error_of(handle, code));
      Cells& row = rows.emplace_back();
      const int columns = sqlite3_column_count(*statement);
      row.reserve(static_cast<std::size_t>(columns));
      for (int at = 0; at < columns; ++at) row.push_back(column(*statement, at));
    }
  }
};

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

core::Result<Database> Database::open(const std::string& path, const std::string& vfs) {
  auto connection = std::make_unique<Connection>();
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int code =
      sqlite3_open_v2(path.c_str(), &connection->handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) return std::unexpected(error_of(connection->handle, code));
  sqlite3* const handle = connection->handle;
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, largest_value_bytes);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  // The file may come from a backup somebody else had in hands: its schema is not trusted to run functions.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_wal_autocheckpoint(handle, 0);
  // Registered after wal_autocheckpoint, which uses the same hook.
  sqlite3_wal_hook(
      handle,
      [](void* context, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(context)->log_pages = pages;
        return SQLITE_OK;
      },
      connection.get());
  return Database(std::move(connection));
}

core::Result<> Database::script(const char* sql) {
  const int code = sqlite3_exec(connection_->handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(connection_->handle, code));
  return {};
}

core::Result<> Database::execute(std::string_view sql, const Cells& arguments) {
  auto rows = connection_->run(sql, arguments);
  if (!rows) return std::unexpected(std::move(rows.error()));
  return {};
}

core::Result<std::vector<Cells>> Database::query(std::string_view sql, const Cells& arguments) {
  return connection_->run(sql, arguments);
}

core::Result<std::int64_t> Database::number(std::string_view sql, const Cells& arguments) {
  auto rows = connection_->run(sql, arguments);
  if (!rows) return std::unexpected(std::move(rows.error()));
  const auto* const value =
      rows->empty() || rows->front().empty() ? nullptr : std::get_if<std::int64_t>(&rows->front().front());
  if (value == nullptr) return core::fail(ErrorKind::corrupt, "store.corrupt", "a counter is missing");
  return *value;
}

core::Result<std::string> Database::text(std::string_view sql, const Cells& arguments) {
  auto rows = connection_->run(sql, arguments);
  if (!rows) return std::unexpected(std::move(rows.error()));
  auto* const value =
      rows->empty() || rows->front().empty() ? nullptr : std::get_if<std::string>(&rows->front().front());
  if (value == nullptr) return core::fail(ErrorKind::corrupt, "store.corrupt", "a text is missing");
  return std::move(*value);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(connection_->handle) == 0;
}

core::Result<> Database::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(connection_->handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(connection_->handle, code));
  connection_->log_pages = 0;
  return {};
}

int Database::log_pages() const {
  return connection_->log_pages;
}

void Database::abandon() {
  sqlite3_db_config(connection_->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

std::string_view sqlite_version() {
  return sqlite3_libversion();
}

}  // namespace colony::daemon::store
