#pragma once
// Where the database's key comes from: a file of its own, or a credential of systemd's.

#include <string>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace colony::daemon::store {

enum class MissingKey : bool { create, refuse };

struct KeyPlace {
  std::string file = "/etc/colony/store.key";  // 64 hex digits, rights 0600
  std::string credentials_directory;           // $CREDENTIALS_DIRECTORY: `store-key` in it goes first
};

/// The key of the database. A missing file is created only when there is no database yet: with a new key an
/// old database could never be read again. Errors: store.key_missing, store.key_rights, store.key_form,
/// store.key_io.
[[nodiscard]] core::Result<core::Secret> load_store_key(const KeyPlace& place, MissingKey missing);

}  // namespace colony::daemon::store
