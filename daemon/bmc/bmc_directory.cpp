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
  } else if (entries_.size() >= max_bmcs) {
    return core::fail(core::ErrorKind::exhausted, "bmc.too_many",
                      fmt::format("more than {} BMCs: give another appliance a part of them", max_bmcs));
  }
  auto bmc = open(record);
  if (!bmc) return bmc;
  entries_.insert_or_assign(place, Entry{record.driver, record.username, record.password.clone(),
                                         record.next_password.clone(), *bmc});
  return bmc;
}

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::open(const workflows::BmcRecord& record) {
  const drivers::BmcEndpoint endpoint{record.address, record.port};
  drivers::BmcCredentials credentials{record.username, record.password.clone(), record.next_password.clone()};
  if (record.driver == "native") return native_.open(endpoint, std::move(credentials));
  if (record.driver == "ipmitool") return program_.open(endpoint, std::move(credentials));
  return core::fail(core::ErrorKind::unsupported, "bmc.driver",
                    fmt::format("no BMC driver '{}'; have: native, ipmitool", record.driver));
}

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::alone(const workflows::BmcRecord& record) {
  return open(record);
}

core::Result<std::shared_ptr<drivers::Bmc>> DriverDirectory::afresh(const workflows::BmcRecord& record) {
  // Whoever still works with the old one keeps it until then; it closes its session when it is let go.
  entries_.erase(Place{record.address, record.port});
  return at(record);
}

void DriverDirectory::let_go() {
  entries_.clear();
}

}  // namespace colony::daemon
