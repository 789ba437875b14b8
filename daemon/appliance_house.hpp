#pragma once
// What the appliance is made of while it runs. Only its own files look in here: what each does with it stands
// in appliance.cpp (up, down, reload), appliance_api.cpp, appliance_boot.cpp and appliance_link.cpp.

#include <memory>
#include <optional>

#include "core/http/server.hpp"
#include "daemon/address/address_keeper.hpp"
#include "daemon/address/journal_records.hpp"
#include "daemon/appliance.hpp"
#include "daemon/bmc/bmc_directory.hpp"
#include "daemon/bmc/console_hub.hpp"
#include "daemon/bmc/event_watch.hpp"
#include "daemon/boot/boot_house.hpp"
#include "daemon/boot/boot_place.hpp"
#include "daemon/boot/images.hpp"
#include "daemon/guard/guard_shell.hpp"
#include "daemon/hosted/curl_exchange.hpp"
#include "daemon/keys/access.hpp"
#include "daemon/orders/local_desk.hpp"
#include "daemon/orders/operation_desk.hpp"
#include "drivers/ipmi/ipmi_socket.hpp"

namespace colony::daemon {

/// What lives from the first bound socket to the last given-back address. Order of members = order of need.
struct Appliance::House {
  House(const Parts& parts, const Config& config, std::unique_ptr<drivers::ipmi::DatagramPort> port);

  /// For people, and for the hosted side.
  [[nodiscard]] std::vector<std::string> to_mend();
  /// Orders that wait for a second person: the hosted side's, then those that were given here.
  [[nodiscard]] std::vector<HeldOrder> waiting();
  [[nodiscard]] keys::Persons persons_of(const keys::Caller& caller);

  std::unique_ptr<drivers::ipmi::DatagramPort> ipmi_port;
  drivers::ipmi::IpmiClient ipmi;
  drivers::ipmitool::IpmitoolClient ipmitool;
  DriverDirectory bmcs;
  pxe::dhcp::LearnedAddresses addresses;
  workflows::Workshop workshop;
  ConsoleHub consoles;
  EventWatch events;
  keys::Access access;
  LocalDesk desk;
  std::optional<pxe::dhcp::KernelNeighbours> neighbours;
  std::optional<pxe::dhcp::KnownClients> clients;
  pxe::ArtifactCache artifacts;
  Findings findings;
  std::unique_ptr<BootHouse> boot;
  std::optional<BootPlace> place;  // of `boot`
  std::unique_ptr<guard::GuardShell> guard;
  core::TaskGroup serving;  // of `boot`
  core::http::Router api_router;
  std::optional<core::http::UnixListener> api_socket;
  std::unique_ptr<core::http::Server> api;
  std::unique_ptr<core::http::Server> api_tls;  // api.listen; nothing while it cannot be served
  std::optional<JournalAddressRecords> records;
  std::optional<AddressShell> address;
  std::unique_ptr<AddressUser> tenant;
  std::optional<AddressKeeper> keeper;
  std::optional<ClaimedAddress> claimed;  // while machines are served
  std::optional<core::Error> missing;     // why not
  bool entered = false;                   // the journal
  Images images;
  std::optional<OperationDesk> operations;
  std::unique_ptr<hosted::CurlExchange> exchange;
  std::optional<hosted::HostedLink> link;
  core::TaskGroup tasks;
};

}  // namespace colony::daemon
