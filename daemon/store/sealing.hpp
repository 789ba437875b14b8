#pragma once
// Secret columns at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce per value. The additional
// authenticated data names table, column and row, so that a sealed value moved to another row does not open.
// Form: docs/wire/store.md.

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"

namespace colony::daemon::store {

class Sealer {
 public:
  static constexpr std::size_t key_bytes = 32;
  /// `key` is exactly key_bytes long.
  explicit Sealer(core::Secret key);

  [[nodiscard]] core::Bytes seal(std::string_view plain, std::string_view place) const;
  /// Errors: store.seal_broken (kind corrupt): another key, another place, or damage.
  [[nodiscard]] core::Result<core::Secret> unseal(core::ByteView sealed, std::string_view place) const;

 private:
  core::Secret key_;
};

}  // namespace colony::daemon::store
