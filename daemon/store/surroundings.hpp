#pragma once
// What is around the database file: its directory (0700), its lock, and the marker of a restore.

#include <string>

#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::daemon::store {

/// Makes the directory of `path` with rights 0700 when it is missing. One that others can enter is refused by
/// name (store.directory_rights), not changed: it may be somebody else's.
[[nodiscard]] core::Result<> prepare_directory(const std::string& path);

/// flock(2), held as long as the descriptor; store.locked names the process that has it.
[[nodiscard]] core::Result<core::FileDescriptor> take_lock(const std::string& lock_path);

/// An empty file with rights 0600 unless there is one: SQLite would make it readable for others.
[[nodiscard]] core::Result<> make_private_file(const std::string& path);

/// This machine's id (machine-id(5)), "unknown" where it has none: the owner of its databases.
[[nodiscard]] std::string machine_owner(const std::string& file = "/etc/machine-id");

// `PATH.restored` is put there by whoever restores a backup: what happened after the backup is unknown to the
// database, so a new epoch begins.
[[nodiscard]] bool has_restore_marker(const std::string& path);
[[nodiscard]] core::Result<> forget_restore_marker(const std::string& path);

}  // namespace colony::daemon::store
