#pragma once
// How scout reaches colonyd: http_transport_client.hpp over TCP, hw-sim's over memory.

#include <optional>
#include <string>
#include <string_view>

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

namespace colony::ramdisk {

struct Reply {
  unsigned status = 0;
  std::string body = {};                           // at most 1 MiB
  std::optional<core::Duration> retry_after = {};  // of the header, when it was there
};

class ScoutTransport {
 public:
  virtual ~ScoutTransport() = default;
  /// POSTs a JSON body to `path` ("/scout/v1/hello") with the per-boot token. An error means that no whole
  /// answer came by the deadline: whether the request arrived is unknown.
  [[nodiscard]] virtual core::Task<core::Result<Reply>> post(std::string path, std::string body,
                                                             core::BootTime deadline) = 0;
};

}  // namespace colony::ramdisk
