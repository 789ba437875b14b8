#pragma once
// One actor for each BMC, made when it is first asked for and kept: its session, its pace and what was learnt
// of it live there.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "core/secret.hpp"
#include "drivers/ipmi/ipmi_client.hpp"
#include "drivers/ipmitool/ipmitool_client.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::daemon {

class DriverDirectory final : public workflows::BmcDirectory {
 public:
  static constexpr std::size_t max_bmcs = 20'000;

  DriverDirectory(drivers::ipmi::IpmiClient& native, drivers::ipmitool::IpmitoolClient& program)
      : native_(native), program_(program) {}

  /// Errors: bmc.driver (unsupported: no such driver), bmc.too_many.
  [[nodiscard]] core::Result<std::shared_ptr<drivers::Bmc>> at(const workflows::BmcRecord& record) override;
  /// Errors as at().
  [[nodiscard]] core::Result<std::shared_ptr<drivers::Bmc>> afresh(
      const workflows::BmcRecord& record) override;
  [[nodiscard]] core::Result<std::shared_ptr<drivers::Bmc>> alone(
      const workflows::BmcRecord& record) override;
  [[nodiscard]] std::optional<drivers::BmcStanding> standing(
      const workflows::BmcRecord& record) const override;
  /// Where a BMC's passport is found that is opened for the first time in this life.
  using PassportOf = std::function<drivers::BmcPassport(const workflows::BmcRecord&)>;
  void set_passport_of(PassportOf passport_of) { passport_of_ = std::move(passport_of); }
  /// Lets go of every BMC at once: what is under way with one ends. IpmiClient::close() waits for the
  /// sessions.
  void let_go();

 private:
  struct Entry {
    std::string driver, username;
    core::Secret password, next_password;
    std::shared_ptr<drivers::Bmc> bmc;
  };
  [[nodiscard]] core::Result<std::shared_ptr<drivers::Bmc>> open(const workflows::BmcRecord& record,
                                                                 drivers::BmcPassport passport);
  [[nodiscard]] core::Result<std::shared_ptr<drivers::Bmc>> make(const workflows::BmcRecord& record,
                                                                 drivers::BmcPassport passport);
  using Place = std::pair<core::Ipv4Address, std::uint16_t>;

  drivers::ipmi::IpmiClient& native_;
  drivers::ipmitool::IpmitoolClient& program_;
  std::map<Place, Entry> entries_;
  PassportOf passport_of_;
};

}  // namespace colony::daemon
