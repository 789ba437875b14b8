#include "daemon/version.hpp"

namespace colony::daemon {

std::string_view program_version() {
  return COLONY_VERSION;
}

}  // namespace colony::daemon
