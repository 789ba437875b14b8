#pragma once
// Machine configs by token: pxe carries them, workflows decides. A config holds a cluster's keys, so who may
// have it, and for how long, is decided and made durable by the implementer before open() returns.

#include <optional>
#include <string>

#include "core/address.hpp"
#include "core/async/task.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"

namespace colony::pxe {

struct ConfigGrant {
  std::string id;     // of this fetch, for delivered()
  core::Secret body;  // what is handed out
};

class ConfigDelivery {
 public:
  virtual ~ConfigDelivery() = default;

  /// Errors: not_found (unknown or spent token: 404), conflict (another machine's: 403), exhausted (not open
  /// yet: 503, the node asks again).
  [[nodiscard]] virtual core::Task<core::Result<ConfigGrant>> open(std::string token, core::Ipv4Address peer,
                                                                   std::optional<core::MacAddress> mac) = 0;
  /// What became of it. complete: the whole body was acknowledged by the peer's TCP. Not called when the
  /// daemon stops meanwhile.
  [[nodiscard]] virtual core::Task<> delivered(std::string grant_id, bool complete, std::uint64_t bytes) = 0;
};

}  // namespace colony::pxe
