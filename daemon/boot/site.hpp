#pragma once
// colony.yaml as the workflows read it.

#include "daemon/boot/images.hpp"
#include "daemon/config/config.hpp"
#include "workflows/site.hpp"

namespace colony::daemon {

[[nodiscard]] workflows::Site make_site(const Config& config, const Images& images);

}  // namespace colony::daemon
