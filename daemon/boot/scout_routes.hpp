#pragma once
// scout's wire over HTTP: path, bearer token and body to workflows, status and body back. And the machine
// config's way from workflows to pxe. Both only translate.

#include <map>

#include "core/http/router.hpp"
#include "pxe/http/config_delivery.hpp"
#include "workflows/config/config_delivery.hpp"
#include "workflows/scout/scout_service.hpp"

namespace colony::daemon {

/// An inventory of 256 disks and 64 NICs is far below this.
inline constexpr std::size_t max_scout_body = 1 << 20;

/// `scout` outlives the router.
void add_scout_routes(core::http::Router& router, workflows::ScoutService& scout);

class ConfigDeliveryDoor final : public pxe::ConfigDelivery {
 public:
  explicit ConfigDeliveryDoor(workflows::ConfigDelivery& configs) : configs_(configs) {}
  [[nodiscard]] core::Task<core::Result<pxe::ConfigGrant>> open(std::string token, core::Ipv4Address peer,
                                                                std::optional<core::MacAddress> mac) override;
  [[nodiscard]] core::Task<> delivered(std::string grant_id, bool complete, std::uint64_t bytes) override;

 private:
  static constexpr std::size_t max_open = 1024;

  workflows::ConfigDelivery& configs_;
  std::map<std::string, workflows::ConfigDelivery::Grant> open_;
  std::uint64_t next_ = 1;
};

}  // namespace colony::daemon
