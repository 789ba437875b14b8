#include "daemon/bmc/bmc_directory.hpp"

#include <fmt/format.h>

namespace colony::daemon {

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::at(const workflows::BmcRecord& record) {
  const Place place{record.address, record.port};
  const auto found = entries_.find(place);
  if (found != entries_.end()) {
    const Entry& entry = found->second;
    if (entry.driver == record.driver && entry.username == record.username &&
        entry.password.equals(record.password.reveal()) &&
        entry.next_password.equals(record.next_password.reveal())) {
      return entry.bmc;
    }
  }
  return open(record, passport_of_ ? passport_of_(record) : drivers::BmcPassport{});
}

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::open(const workflows::BmcRecord& record,
                                                                  drivers::BmcPassport passport) {
  const Place place{record.address, record.port};
  if (!entries_.contains(place) && entries_.size() >= max_bmcs) {
    return core::fail(core::ErrorKind::exhausted, "bmc.too_many",
                      fmt::format("more than {} BMCs: give another appliance a part of them", max_bmcs));
  }
  auto bmc = make(record, std::move(passport));
  if (!bmc) return bmc;
  entries_.insert_or_assign(place, Entry{record.driver, record.username, record.password.clone(),
                                         record.next_password.clone(), *bmc});
  return bmc;
}

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::make(const workflows::BmcRecord& record,
                                                                  drivers::BmcPassport passport) {
  const drivers::BmcEndpoint endpoint{record.address, record.port};
  drivers::BmcCredentials credentials{record.username, record.password.clone(), record.next_password.clone()};
  if (record.driver == "native") return native_.open(endpoint, std::move(credentials), std::move(passport));
  if (record.driver == "ipmitool")
    return program_.open(endpoint, std::move(credentials), std::move(passport));
  return core::fail(core::ErrorKind::unsupported, "bmc.driver",
                    fmt::format("no BMC driver '{}'; have: native, ipmitool", record.driver));
}

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::alone(const workflows::BmcRecord& record) {
  return make(record, passport_of_ ? passport_of_(record) : drivers::BmcPassport{});
}

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::afresh(const workflows::BmcRecord& record) {
  // Whoever still works with the old one keeps it until then; it closes its session when it is let go.
  entries_.erase(Place{record.address, record.port});
  return open(record, {});
}

std::optional<drivers::BmcStanding> DriverDirectory::standing(const workflows::BmcRecord& record) const {
  const auto found = entries_.find(Place{record.address, record.port});
  if (found == entries_.end()) return std::nullopt;
  return found->second.bmc->standing();
}

void DriverDirectory::let_go() {
  entries_.clear();
}

}  // namespace colony::daemon
