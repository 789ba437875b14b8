#pragma once
// Small files of the configuration read from disk: bounded, and secret ones only where nobody else can read
// them.

#include <cstddef>
#include <string>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace colony::daemon {

/// A regular file of at most `limit` bytes. Errors: config.file (kind not_found, io or invalid_input).
[[nodiscard]] core::Result<std::string> read_small_file(const std::string& path, std::size_t limit);

/// A secret's file: regular, owned by root or by us, not readable or writable by group or others. One
/// trailing newline is taken off. Errors: secret.file, secret.permissions, secret.empty.
[[nodiscard]] core::Result<core::Secret> read_secret_file(const std::string& path);

/// Where `colony init` puts the store's key: beside the configuration.
[[nodiscard]] std::string store_key_beside(const std::string& config_file);

/// The API key, from the first of: the systemd credential "api-key", COLONY_API_KEY, a file. The variable is
/// taken out of the environment and remembered, so that a later read does not fall back to the file.
class ApiKeySource {
 public:
  /// Errors: as above, and secret.missing that names all three places.
  [[nodiscard]] core::Result<core::Secret> read(const std::string& key_file);

 private:
  core::Secret from_environment_;
};

}  // namespace colony::daemon
