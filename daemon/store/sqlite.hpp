#pragma once
// SQLite as we use it: one connection, owned by one thread at a time, statements prepared once, every error
// named. Debian 12's 3.40.1 can corrupt a WAL database that two connections write or checkpoint (fixed in
// 3.51.3), so there is exactly one, it holds the database exclusively, and memory mapping stays off.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "daemon/store/cells.hpp"

struct sqlite3;

namespace colony::daemon::store {

class Database {
 public:
  /// `vfs` empty: the system's. Creates the file when there is none.
  [[nodiscard]] static core::Result<Database> open(const std::string& path, const std::string& vfs);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// One or more statements without arguments and results (schema, PRAGMA).
  [[nodiscard]] core::Result<> script(const char* sql);
  /// One prepared statement, without results.
  [[nodiscard]] core::Result<> execute(std::string_view sql, const Cells& arguments = {});
  /// One prepared statement; the SQL bounds the number of rows.
  [[nodiscard]] core::Result<std::vector<Cells>> query(std::string_view sql, const Cells& arguments = {});
  /// The first column of the first row.
  [[nodiscard]] core::Result<std::int64_t> number(std::string_view sql, const Cells& arguments = {});
  [[nodiscard]] core::Result<std::string> text(std::string_view sql, const Cells& arguments = {});

  [[nodiscard]] bool in_transaction() const;
  /// Moves the log into the database file; `log_pages` afterwards. The automatic checkpoint is off, because
  /// SQLite ignores its errors, and a failed fsync must not be forgotten.
  [[nodiscard]] core::Result<> checkpoint();
  [[nodiscard]] int log_pages() const;
  /// Closing must write nothing any more (after an I/O error).
  void abandon();

 private:
  struct Connection;
  explicit Database(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

/// What we were linked with, for `doctor`.
[[nodiscard]] std::string_view sqlite_version();

}  // namespace colony::daemon::store
