#pragma once
// `colony api-key rotate`: another key for the hosted side. It is proved over there first, and only then put
// in the old one's place, which stays beside it until the daemon has been seen to use the new one. The daemon
// takes the file up by itself.

#include <string>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "daemon/init/init.hpp"

namespace colony::daemon {

struct KeyRotation {
  std::string key_file;  // of the configuration
  std::string old_file;  // where the key before is kept; "" when there was none, or the same one
  std::string socket;    // where the daemon of this configuration listens
};

/// The steps "API key", "proof", "key file". Nothing is written before the proof. Errors: key.*, config.file,
/// init.config, hosted.* (as registration's, and hosted.other_datacenter), init.write.
[[nodiscard]] core::Result<KeyRotation> rotate_key(const core::Secret& key, const std::string& config_dir,
                                                   HostedRegistration& hosted, const ReportStep& report);

/// The new key is in use: the old one's file goes. Errors: init.write.
[[nodiscard]] core::Result<> forget_old_key(const KeyRotation& rotation);

}  // namespace colony::daemon
